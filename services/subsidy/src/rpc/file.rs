//! Files on the wire.

use super::payment::count;
use crate::app::{ExportBatch, ExportReport, ImportResults, Imported, Outgoing, Which};
use crate::domain::{FileFormat, FundId, OrganisationId, PaymentBatchId};
use crate::files::{ResultFormat, TableFormat};
use crate::store::report::Filter;
use kit::Error;
use kit::id::Id;
use kit::wire::{parse_date_optional, unknown_enum};
use proto::subsidy::v1 as pb;

impl TryFrom<pb::ExportPaymentBatchRequest> for ExportBatch {
    type Error = Error;
    fn try_from(request: pb::ExportPaymentBatchRequest) -> Result<Self, Error> {
        let format = match pb::PaymentFileFormat::try_from(request.format) {
            Ok(pb::PaymentFileFormat::Pain001) => FileFormat::Pain001,
            Ok(pb::PaymentFileFormat::Csv) => FileFormat::Csv,
            Ok(pb::PaymentFileFormat::Unspecified) => return Err(Error::required("format", "PAIN_001 or CSV")),
            Err(_) => return Err(unknown_enum("format", request.format)),
        };
        Ok(Self { batch: PaymentBatchId::parse("name", &request.name)?, format })
    }
}

impl TryFrom<pb::ImportPaymentResultsRequest> for ImportResults {
    type Error = Error;
    fn try_from(request: pb::ImportPaymentResultsRequest) -> Result<Self, Error> {
        let format = match pb::ResultFileFormat::try_from(request.format) {
            Ok(pb::ResultFileFormat::Pain002) => ResultFormat::Pain002,
            Ok(pb::ResultFileFormat::Csv) => ResultFormat::Csv,
            Ok(pb::ResultFileFormat::Unspecified) => return Err(Error::required("format", "PAIN_002 or CSV")),
            Err(_) => return Err(unknown_enum("format", request.format)),
        };
        if request.content.is_empty() {
            return Err(Error::required("content", "the bytes of the file"));
        }
        Ok(Self { batch: PaymentBatchId::parse("name", &request.name)?, format, content: request.content })
    }
}

impl TryFrom<pb::GetReportFileRequest> for ExportReport {
    type Error = Error;
    fn try_from(request: pb::GetReportFileRequest) -> Result<Self, Error> {
        let which = match pb::Report::try_from(request.report) {
            Ok(pb::Report::BudgetExecution) => Which::BudgetExecution,
            Ok(pb::Report::ClaimTotals) => Which::ClaimTotals,
            Ok(pb::Report::PaymentTotals) => Which::PaymentTotals,
            Ok(pb::Report::ReceivableAges) => Which::ReceivableAges,
            Ok(pb::Report::OffsetStatements) => Which::OffsetStatements,
            Ok(pb::Report::Unspecified) => return Err(Error::required("report", "one of the reports")),
            Err(_) => return Err(unknown_enum("report", request.report)),
        };
        let format = match pb::TableFormat::try_from(request.format) {
            Ok(pb::TableFormat::Csv) => TableFormat::Csv,
            Ok(pb::TableFormat::Xlsx) => TableFormat::Xlsx,
            Ok(pb::TableFormat::Unspecified) => return Err(Error::required("format", "CSV or XLSX")),
            Err(_) => return Err(unknown_enum("format", request.format)),
        };
        let filter = Filter {
            fund: FundId::parse_optional("fund", &request.fund)?,
            organisation: OrganisationId::parse_optional("organisation", &request.organisation)?,
        };
        let (year, day) = (super::report::parse_year(request.year)?, parse_date_optional("day", request.day)?);
        Ok(Self { which, format, filter, year, day })
    }
}

impl From<Outgoing> for pb::File {
    fn from(file: Outgoing) -> Self {
        Self { file_name: file.file_name, media_type: file.media_type.to_owned(), content: file.content, sha256: file.sha256 }
    }
}

impl From<Imported> for pb::ImportPaymentResultsResponse {
    fn from(imported: Imported) -> Self {
        Self {
            payment_batch: imported.import.batch.to_string(),
            settled: count(imported.import.settled),
            known: count(imported.import.known),
            pending: count(imported.import.pending),
            complete: imported.complete,
        }
    }
}
