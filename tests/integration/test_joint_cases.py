"""A joint case 联办件: its warnings name the part that holds it up and reach that part's window; the
part's reach the department that leads."""

from test_people import scene  # noqa: F401 (a fixture)
from test_people import WINDOW, make_case, may

WHOLE, PART = make_case(1).case_no, make_case(2).case_no
ROUTES = {"red": {"window": "sms", "part": "hook", "lead": "hook"}}


def hooks(scene):  # noqa: F811
    return [(webhook["path"], webhook["body"]["data"]["case"]["number"],
             webhook["body"]["data"]["recipient"]["role"], webhook["body"]["data"].get("part"))
            for webhook in scene.world.receiver.webhooks if webhook["body"]["type"] == "duban.case.red"]


def belong_together(connection):
    """In the approval system, and as duban takes it in, at the same instant."""
    with connection.transaction():
        connection.execute("SELECT set_config('approval.now', %s, true)", (str(may(6, 10)),))
        for table in ("approval.case_file", "duban.clock"):
            connection.execute(f"UPDATE {table} SET parent_case_no = %s WHERE case_no = %s", (WHOLE, PART))


def test_part_and_lead_hear_of_each_other(scene):  # noqa: F811
    window, item, name = scene.world.rows("""
        SELECT w.window_code, i.item_code, d.department_name
          FROM approval.window_desk w JOIN approval.item i USING (department_code)
          JOIN approval.department d USING (department_code)
         WHERE w.department_code = 'GA' ORDER BY 1, 2""")[0]
    scene.world.settings["routes"] = ROUTES
    del scene.world.settings["reminders"]
    scene.start()
    scene.move(may(6, 10), make_case(1), make_case(2, window=window, item=item, value=2))
    belong_together(scene.world.connection)

    scene.move(may(7, 17))
    [text] = scene.world.gateway.texts_to(scene.phone)
    assert f"，待{name}（{PART}）办理，请尽快办结并说明原因。" in text
    part = {"number": PART, "department": name}
    assert hooks(scene) == [(f"/window/{window}", WHOLE, "part", part)]

    scene.move(may(8, 17))
    assert hooks(scene)[1:] == [(f"/department/{WINDOW.split('-')[0]}", PART, "lead", None)]
