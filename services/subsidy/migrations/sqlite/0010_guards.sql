-- expand
-- What waits for the next month is listed by claim and person.
CREATE INDEX subsidy_queued_result_claim ON subsidy_queued_result (claim_id) WHERE booked_at IS NULL;

-- A row that replaces another (INSERT OR REPLACE) passes by the triggers for deletes, by whichever key it is that they share:
-- hence one for inserts, for every table that is only added to and had none.

CREATE TRIGGER subsidy_bank_account_no_replace BEFORE INSERT ON subsidy_bank_account WHEN EXISTS (SELECT 1 FROM subsidy_bank_account WHERE bank_account_id = NEW.bank_account_id) OR EXISTS (SELECT 1 FROM subsidy_bank_account WHERE owner_id = NEW.owner_id AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account is append-only'); END;
CREATE TRIGGER subsidy_bank_account_confirmation_no_replace BEFORE INSERT ON subsidy_bank_account_confirmation WHEN EXISTS (SELECT 1 FROM subsidy_bank_account_confirmation WHERE bank_account_id = NEW.bank_account_id)
BEGIN SELECT RAISE(ABORT, 'subsidy_bank_account_confirmation is append-only'); END;
CREATE TRIGGER subsidy_payment_export_no_replace BEFORE INSERT ON subsidy_payment_export WHEN EXISTS (SELECT 1 FROM subsidy_payment_export WHERE batch_id = NEW.batch_id AND format = NEW.format)
BEGIN SELECT RAISE(ABORT, 'subsidy_payment_export is append-only'); END;
CREATE TRIGGER subsidy_claim_approval_no_replace BEFORE INSERT ON subsidy_claim_approval WHEN EXISTS (SELECT 1 FROM subsidy_claim_approval WHERE claim_id = NEW.claim_id AND approved_by = NEW.approved_by) OR EXISTS (SELECT 1 FROM subsidy_claim_approval WHERE claim_id = NEW.claim_id AND place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'subsidy_claim_approval is append-only'); END;
CREATE TRIGGER subsidy_sample_no_replace BEFORE INSERT ON subsidy_sample WHEN EXISTS (SELECT 1 FROM subsidy_sample WHERE sample_id = NEW.sample_id)
BEGIN SELECT RAISE(ABORT, 'subsidy_sample is append-only'); END;
CREATE TRIGGER subsidy_claim_evidence_no_replace BEFORE INSERT ON subsidy_claim_evidence WHEN EXISTS (SELECT 1 FROM subsidy_claim_evidence WHERE claim_id = NEW.claim_id AND code = NEW.code)
BEGIN SELECT RAISE(ABORT, 'subsidy_claim_evidence is append-only'); END;
CREATE TRIGGER subsidy_check_override_no_replace BEFORE INSERT ON subsidy_check_override WHEN EXISTS (SELECT 1 FROM subsidy_check_override WHERE override_id = NEW.override_id)
BEGIN SELECT RAISE(ABORT, 'subsidy_check_override is append-only'); END;
CREATE TRIGGER subsidy_claim_source_no_replace BEFORE INSERT ON subsidy_claim_source WHEN EXISTS (SELECT 1 FROM subsidy_claim_source WHERE claim_id = NEW.claim_id AND position = NEW.position) OR EXISTS (SELECT 1 FROM subsidy_claim_source WHERE claim_id = NEW.claim_id AND fund_id = NEW.fund_id)
BEGIN SELECT RAISE(ABORT, 'subsidy_claim_source is append-only'); END;
CREATE TRIGGER subsidy_queued_result_no_replace BEFORE INSERT ON subsidy_queued_result WHEN EXISTS (SELECT 1 FROM subsidy_queued_result WHERE batch_id = NEW.batch_id AND claim_id = NEW.claim_id)
BEGIN SELECT RAISE(ABORT, 'subsidy_queued_result is append-only'); END;
CREATE TRIGGER subsidy_offset_filing_no_replace BEFORE INSERT ON subsidy_offset_filing WHEN EXISTS (SELECT 1 FROM subsidy_offset_filing WHERE offset_year_id = NEW.offset_year_id AND revision = NEW.revision)
BEGIN SELECT RAISE(ABORT, 'subsidy_offset_filing is append-only'); END;
CREATE TRIGGER subsidy_offset_decision_no_replace BEFORE INSERT ON subsidy_offset_decision WHEN EXISTS (SELECT 1 FROM subsidy_offset_decision WHERE offset_year_id = NEW.offset_year_id AND revision = NEW.revision)
BEGIN SELECT RAISE(ABORT, 'subsidy_offset_decision is append-only'); END;

-- What is there already changes nothing, as its statement says.
CREATE TRIGGER subsidy_payment_import_no_replace BEFORE INSERT ON subsidy_payment_import WHEN EXISTS (SELECT 1 FROM subsidy_payment_import WHERE batch_id = NEW.batch_id AND sha256 = NEW.sha256)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER subsidy_recovery_no_replace BEFORE INSERT ON subsidy_recovery WHEN EXISTS (SELECT 1 FROM subsidy_recovery WHERE bank_reference = NEW.bank_reference)
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER subsidy_claim_objection_no_replace BEFORE INSERT ON subsidy_claim_objection WHEN EXISTS (SELECT 1 FROM subsidy_claim_objection WHERE objection_id = NEW.objection_id) OR EXISTS (SELECT 1 FROM subsidy_claim_objection WHERE NEW.state = 'open' AND state = 'open' AND claim_id = NEW.claim_id AND objected_by = NEW.objected_by)
BEGIN SELECT RAISE(IGNORE); END;
