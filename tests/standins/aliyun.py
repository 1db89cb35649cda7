"""A stand-in for Alibaba Cloud's SMS service: takes SendSms, and knows what became of it.

It neither checks signatures nor makes texts. `fates` says in turn what becomes of the messages it
takes: a SendStatus (1 waiting, 2 failed, 3 delivered), or None: it forgets the message.
"""

import itertools
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from standins.http_server import Server, json_reply

CHINA = timedelta(hours=8)
CODES = {1: "", 2: "MK:0001", 3: "DELIVERED"}


@dataclass
class Sent:
    out_id: str
    phone: str
    at: datetime  # in China, as the request's date says
    fate: int | None


class Aliyun(Server):
    def __init__(self, port=0, fates=(3,)):
        super().__init__(port)
        self.permitted = True  # to ask
        self._lock = threading.Lock()
        self._fates = itertools.cycle(fates)
        self._sent, self._asked = [], []

    @property
    def sent(self):
        with self._lock:
            return list(self._sent)

    @property
    def asked(self):
        """(phone, day) of every enquiry."""
        with self._lock:
            return list(self._asked)

    def is_service(self, request):
        return "x-acs-action" in request.headers

    def answer(self, request):
        action = {"SendSms": self._send, "QuerySendDetails": self._query}[request.headers["x-acs-action"]]
        with self._lock:
            return action(request, request.query())

    def report(self, _):
        return [{"out_id": sent.out_id, "fate": sent.fate} for sent in self.sent]

    def _send(self, request, query):
        at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ") + CHINA
        self._sent.append(Sent(query["OutId"], query["PhoneNumbers"], at, next(self._fates)))
        return json_reply({"Code": "OK", "Message": "OK", "BizId": f"{len(self._sent)}^0"})

    def _query(self, _, query):
        self._asked.append((query["PhoneNumber"], query["SendDate"]))
        if not self.permitted:
            return json_reply({"Code": "isp.RAM_PERMISSION_DENY", "Message": "RAM权限DENY"})
        found = [self._detail(sent) for sent in self._sent
                 if sent.fate and (sent.phone, f"{sent.at:%Y%m%d}") == self._asked[-1]]
        return json_reply({"Code": "OK", "Message": "OK", "TotalCount": str(len(found)),
                           "SmsSendDetailDTOs": {"SmsSendDetailDTO": found}})

    @staticmethod
    def _detail(sent):
        return {"OutId": sent.out_id, "PhoneNum": sent.phone, "Content": "【安澜政务】…",
                "SendDate": f"{sent.at:%Y-%m-%d %H:%M:%S}", "SendStatus": sent.fate,
                "ErrCode": CODES[sent.fate],
                "ReceiveDate": f"{sent.at:%Y-%m-%d %H:%M:%S}" if sent.fate != 1 else None}
