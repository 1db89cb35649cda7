"""The stand-ins behave as the originals do, and fail as they are told to."""

import gzip
import http.client
import io
import json
import socket
import time
from urllib.parse import urlencode

import pytest

from standins.gateway import segments_of
from standins.receiver import SECRET, Receiver, sign

LOGIN = {"username": "duban", "password": "demo"}
SENDER = {"from": "10690000"}


def ask(server, method, target, body=None, headers=None, timeout=5):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    try:
        connection.request(method, target, body, headers or {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def send(gateway, timeout=5, **query):
    status, body = ask(gateway, "GET", f"/cgi-bin/sendsms?{urlencode(query)}", timeout=timeout)
    return status, body.decode()


def post(receiver, body, secret=SECRET, identity="msg_1", timestamp=None, path="/hook"):
    timestamp = timestamp or str(int(time.time()))
    headers = {"webhook-id": identity, "webhook-timestamp": timestamp,
               "webhook-signature": sign(secret, identity, timestamp, body)}
    return ask(receiver, "POST", path, body, headers)


@pytest.mark.parametrize("query, status, text", [
    ({}, 403, "Authorization failed for sendsms"),
    ({**LOGIN, "password": "wrong"}, 403, "Authorization failed for sendsms"),
    ({**LOGIN, **SENDER}, 400, "Missing receiver number, rejected"),
    ({**LOGIN, "to": "19900000001"}, 400, "Sender missing and no global set, rejected"),
    ({**LOGIN, **SENDER, "to": "office"}, 400,
     "Number(s) has/have been denied by white- and/or black-lists."),
    ({**LOGIN, **SENDER, "to": "19900000001"}, 202, "0: Accepted for delivery"),
])
def test_gateway_replies_as_kannel(gateway, query, status, text):
    assert send(gateway, **query) == (status, text)


def test_gateway_without_message_centre_queues(gateway):
    gateway.control({"connected": False})
    assert send(gateway, **LOGIN, **SENDER, to="19900000001", text="x") == (
        202, "3: Queued for later delivery")


def test_gateway_loses_in_silence_what_kannel_loses(gateway):
    query = {**LOGIN, **SENDER, "to": "19900000001"}
    send(gateway, **query, text="红牌 A1")
    send(gateway, **query, text="红牌 A1", coding=2)
    send(gateway, **query, text="长" * 1000, coding=2)
    assert gateway.texts_to("19900000001")[:2] == ["?? A1", "红牌 A1"]
    assert len(gateway.messages[2]["text"]) == 670


@pytest.mark.parametrize("text, coding, segments", [
    ("办" * 70, "2", 1), ("办" * 71, "2", 2), ("办" * 134, "2", 2), ("办" * 135, "2", 3),
    ("🙂" * 35, "2", 1), ("🙂" * 36, "2", 2), ("a" * 160, "0", 1), ("€" * 81, "0", 2),
])
def test_segments(text, coding, segments):
    assert segments_of(text, coding) == segments


def test_gateway_shows_inboxes(gateway):
    send(gateway, **LOGIN, **SENDER, to="19900000001", text="一", coding=2)
    send(gateway, **LOGIN, **SENDER, to="19900000002", text="二", coding=2)
    status, page = ask(gateway, "GET", "/")
    assert status == 200 and "收件箱" in page.decode()
    assert b"http://" not in page and b"https://" not in page
    report = json.loads(ask(gateway, "GET", "/messages?to=19900000002")[1])
    assert report["count"] == 2
    assert [message["text"] for message in report["messages"]] == ["二"]
    assert json.loads(ask(gateway, "GET", "/messages?after=2")[1])["messages"] == []


def test_faults_are_played_in_turn_and_run_out(gateway):
    query = {**LOGIN, **SENDER, "to": "19900000001", "text": "x"}
    fault = {"kind": "status", "status": 503, "body": "Temporal failure, try again later."}
    assert ask(gateway, "POST", "/control", json.dumps({"faults": [fault]}))[0] == 204
    assert send(gateway, **query) == (503, "Temporal failure, try again later.")
    assert send(gateway, **query)[0] == 202
    assert len(gateway.messages) == 1 and gateway.requests == 2


def test_a_fault_may_be_for_one_number(gateway):
    gateway.faults.add("status", match="to=19900000002", times=None)
    query = {**LOGIN, **SENDER, "text": "x"}
    assert send(gateway, **query, to="19900000001")[0] == 202
    assert [send(gateway, **query, to="19900000002")[0] for _ in range(2)] == [503, 503]


@pytest.mark.parametrize("taken", [True, False])
def test_reset_with_and_without_the_message_taken(gateway, taken):
    gateway.faults.add("reset", taken=taken)
    with pytest.raises(ConnectionResetError):
        send(gateway, **LOGIN, **SENDER, to="19900000001", text="x")
    assert len(gateway.messages) == taken


def test_hanging_and_slow_replies_pass_a_deadline(gateway):
    query = {**LOGIN, **SENDER, "to": "19900000001", "text": "x"}
    gateway.faults.add("hang")
    with pytest.raises(socket.timeout):
        send(gateway, timeout=0.2, **query)
    gateway.faults.add("slow", seconds=0.1)
    with pytest.raises(socket.timeout):
        send(gateway, timeout=0.05, **query)
    assert gateway.messages == []


def test_unknown_faults_are_refused(gateway):
    assert ask(gateway, "POST", "/control", '{"faults": [{"kind": "meteor"}]}')[0] == 400
    assert ask(gateway, "POST", "/control", '{"speed": 3}')[0] == 400


def test_receiver_counts_repeats_by_id(receiver):
    assert post(receiver, b'{"type": "duban.case.red"}')[0] == 204
    assert post(receiver, b'{"type": "duban.case.red"}')[0] == 204
    assert post(receiver, b"{}", identity="msg_2")[0] == 204
    assert receiver.counts == {"msg_1": 2, "msg_2": 1}
    report = json.loads(ask(receiver, "GET", "/messages")[1])
    assert (report["count"], report["ids"], report["repeats"]) == (3, 2, 1)


def test_receiver_tells_each_webhook_in_a_line():
    body = {"type": "duban.case.red", "data": {
        "overdue": {"workdays": 2, "seconds": 50400}, "recipient": {"code": "XNB", "name": "效能办"},
        "case": {"number": "SP1", "item": {"code": "1", "name": "取水许可"}, "window": None}}}
    with Receiver(output=io.StringIO()) as receiver:
        post(receiver, json.dumps(body).encode())
        post(receiver, b'{"type": "duban.test"}')
        lines = [line[10:] for line in receiver.output.getvalue().splitlines()]
    assert lines == ["红牌  SP1  取水许可  已超期 2 个工作日  → 效能办", "test  "]


def test_receiver_refuses_wrong_signatures(receiver):
    assert post(receiver, b"{}", secret="whsec_b3RoZXIgc2VjcmV0")[0] == 401
    assert ask(receiver, "POST", "/hook", b"{}")[0] == 401
    receiver.tolerance_s = 300
    assert post(receiver, b"{}", timestamp="1000000000")[0] == 401
    assert receiver.webhooks == [] and len(receiver.invalid) == 3


def test_the_signature_is_that_of_the_standard():
    """The worked example of the Standard Webhooks specification's reference libraries."""
    assert sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "1614265330", b'{"test": 2432232314}') == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")


def test_receiver_can_answer_nastily(receiver):
    receiver.faults.add("redirect")
    receiver.faults.add("status", status=429, headers={"Retry-After": "7"})
    receiver.faults.add("bomb", size=1 << 20)
    receiver.faults.add("huge", size=1 << 20)
    receiver.faults.add("garbage")
    assert post(receiver, b"{}")[0] == 302
    assert post(receiver, b"{}")[0] == 429
    packed = post(receiver, b"{}")[1]
    assert len(packed) < 2000 and len(gzip.decompress(packed)) == 1 << 20
    assert len(post(receiver, b"{}")[1]) == 1 << 20
    with pytest.raises(http.client.BadStatusLine):
        post(receiver, b"{}")
    assert receiver.webhooks == []


def test_a_stopped_server_refuses_and_comes_back_on_its_port(receiver):
    port = receiver.port
    receiver.stop()
    with pytest.raises(ConnectionRefusedError):
        post(receiver, b"{}")
    receiver.start()
    assert receiver.port == port
    assert post(receiver, b"{}")[0] == 204
