"""Settles what became of every message: nothing lost, no short message twice.

    account = Account(world)
    print(account.table())
    assert not account.wrong
"""

import json
from collections import Counter, defaultdict

COLUMNS = ("messages", "received", "repeated", "unknown", "of them received", "cancelled", "dead")

MESSAGES = """
    SELECT m.id, m.channel, m.public_id, m.address, m.body, m.case_no, m.kind,
           d.verdict, d.reason,
           (SELECT a.detail FROM duban.attempt a
             WHERE a.message = m.id AND a.verdict = 'cancelled'),
           EXISTS (SELECT FROM duban.attempt a
                    WHERE a.message = m.id AND a.verdict IN ('delivered', 'accepted'))
      FROM duban.message m LEFT JOIN duban.dead d USING (id)
     ORDER BY m.id"""


class Account:
    """Compares duban's books with what the world's gateway and receiver have got.

    Per message exactly one end: received; unknown (parked, perhaps received); cancelled with a
    reason; dead for another reason. `wrong` lists every message for which that isn't so.
    """

    def __init__(self, world):
        self.wrong = []
        self.counts = defaultdict(Counter)
        texts = Counter((message["to"], message["text"]) for message in world.gateway.messages)
        hooks = defaultdict(list)
        for webhook in world.receiver.webhooks:
            hooks[webhook["id"]].append(webhook["body"])
        for row in world.rows(MESSAGES):
            (_, channel, public_id, address, body, case_no, kind, *end) = row
            told = f"{public_id} ({channel} {kind} of {case_no or 'no case'})"
            if channel == "sms":
                # Two messages may say the same to the same number: each takes one receipt.
                got = min(texts[address, body], 1)
                texts[address, body] -= got
                self._settle_sms(told, got, *end)
            else:
                bodies = hooks.pop(public_id, [])
                self._settle_hook(told, bodies, json.loads(body), *end)
        self.wrong += [f"{number} got '{text}' once too often" for (number, text), left
                       in texts.items() if left > 0]
        self.wrong += [f"webhook {identity} was never a message" for identity in hooks]

    def _settle_sms(self, told, got, verdict, reason, cancelled, done):
        count = self.counts["sms"]
        count["messages"] += 1
        if cancelled is not None:
            count["cancelled"] += 1
            if got or verdict or not cancelled:
                self.wrong.append(f"{told} was cancelled, but received or dead as well")
        elif verdict == "unknown":
            count["unknown"] += 1
            count["of them received"] += got
        elif verdict:
            count["dead"] += 1
            if got:
                self.wrong.append(f"{told} was received, but is dead: {reason}")
        else:
            count["received"] += got
            if not got or not done:
                self.wrong.append(f"{told} is lost" if not got else f"{told} has no attempt")

    def _settle_hook(self, told, bodies, body, verdict, _, cancelled, done):
        count = self.counts["webhook"]
        count["messages"] += 1
        count["repeated"] += max(len(bodies) - 1, 0)
        self.wrong += [f"{told}: another body under the same id" for got in bodies if got != body]
        if cancelled is not None:
            count["cancelled"] += 1
        elif verdict:
            count["dead"] += 1
        else:
            count["received"] += bool(bodies)
            if not bodies or not done:
                self.wrong.append(f"{told} is lost" if not bodies else f"{told} has no attempt")

    def table(self):
        """Each column counted; received + unknown + cancelled + dead = messages."""
        lines = ["channel  " + "  ".join(COLUMNS)]
        for channel, count in sorted(self.counts.items()):
            lines.append(f"{channel:<9}" + "  ".join(
                f"{count[column]:>{len(column)}}" for column in COLUMNS))
            ends = sum(count[column] for column in ("received", "unknown", "cancelled", "dead"))
            if ends != count["messages"]:
                lines.append(f"{channel}: {ends} ends of {count['messages']} messages")
        return "\n".join(lines)

    def adds_up(self):
        return all(count["received"] + count["unknown"] + count["cancelled"] + count["dead"]
                   == count["messages"] for count in self.counts.values())
