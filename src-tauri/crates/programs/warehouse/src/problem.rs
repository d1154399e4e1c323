//! Refusals of the HTTP API: one stable code each, a Vietnamese sentence, and whether to try again.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use motcua_wire::{DossierLease, Problem};

/// Every refusal of the API (operations have their own codes inside [`motcua_wire::OpResult`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Unauthorized,
    DeviceRevoked,
    NotForPortals,
    CertificateExpired,
    LoginRefused,
    LoginExpired,
    LoginWait(u32),
    OfficerOfOtherOffice,
    LookUpNotGranted,
    OfficeWithoutOfficers,
    AdminNotGranted,
    AdminBeyondGrant,
    AdminGone,
    AdminOwnRight,
    AdminUnfit,
    OfficerExists,
    ReferenceOvertaken,
    EnrolCodeRefused,
    EnrolMachineKnown,
    EnrolOfOtherAgency,
    CsrMalformed,
    AgencyMismatch,
    RouteUnknown,
    MethodNotAllowed,
    BlobUnknown,
    DossierUnknown,
    PackageUnfit,
    DossierLeased,
    DossierChanged,
    IfMatchAbsent,
    ReferenceAbsent,
    ReferenceUnknown,
    NumberMalformed,
    PurposeAbsent,
    BlobIdMalformed,
    DossierIdMalformed,
    QueryMalformed,
    CursorMalformed,
    CursorGone,
    BodyMalformed,
    TooManyOps,
    TooManyIds,
    BodyTooLarge,
    BlobHashMismatch,
    UploadBroken,
    UploadUnknown,
    UploadExpired,
    UploadOffsetMismatch,
    UploadIncomplete,
    UploadHeld,
    UploadChecksumMismatch,
    UploadHeadersMalformed,
    UploadTypeUnsupported,
    UploadVersionUnsupported,
    TooManyUploads,
    TooManyRequests,
    TooManyLookups,
    NumbersUsedUp,
    IdempotencyKeyMalformed,
    IdempotencyMismatch,
    IdentityServiceDown,
    RequestTimeout,
    StorageFull,
    StorageTrouble,
}

impl Refusal {
    /// Every refusal, for the tests.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 64] = [
        Self::Unauthorized,
        Self::DeviceRevoked,
        Self::NotForPortals,
        Self::CertificateExpired,
        Self::LoginRefused,
        Self::LoginExpired,
        Self::LoginWait(30),
        Self::OfficerOfOtherOffice,
        Self::LookUpNotGranted,
        Self::OfficeWithoutOfficers,
        Self::AdminNotGranted,
        Self::AdminBeyondGrant,
        Self::AdminGone,
        Self::AdminOwnRight,
        Self::AdminUnfit,
        Self::OfficerExists,
        Self::ReferenceOvertaken,
        Self::EnrolCodeRefused,
        Self::EnrolMachineKnown,
        Self::EnrolOfOtherAgency,
        Self::CsrMalformed,
        Self::AgencyMismatch,
        Self::RouteUnknown,
        Self::MethodNotAllowed,
        Self::BlobUnknown,
        Self::DossierUnknown,
        Self::PackageUnfit,
        Self::DossierLeased,
        Self::DossierChanged,
        Self::IfMatchAbsent,
        Self::ReferenceAbsent,
        Self::ReferenceUnknown,
        Self::NumberMalformed,
        Self::PurposeAbsent,
        Self::BlobIdMalformed,
        Self::DossierIdMalformed,
        Self::QueryMalformed,
        Self::CursorMalformed,
        Self::CursorGone,
        Self::BodyMalformed,
        Self::TooManyOps,
        Self::TooManyIds,
        Self::BodyTooLarge,
        Self::BlobHashMismatch,
        Self::UploadBroken,
        Self::UploadUnknown,
        Self::UploadExpired,
        Self::UploadOffsetMismatch,
        Self::UploadIncomplete,
        Self::UploadHeld,
        Self::UploadChecksumMismatch,
        Self::UploadHeadersMalformed,
        Self::UploadTypeUnsupported,
        Self::UploadVersionUnsupported,
        Self::TooManyUploads,
        Self::TooManyRequests,
        Self::TooManyLookups,
        Self::NumbersUsedUp,
        Self::IdempotencyKeyMalformed,
        Self::IdempotencyMismatch,
        Self::IdentityServiceDown,
        Self::RequestTimeout,
        Self::StorageFull,
        Self::StorageTrouble,
    ];

    /// The body sent to the client.
    pub(crate) fn problem(self) -> Problem {
        let (status, code, title, retry_after) = self.row();
        Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            retryable: retry_after.is_some(),
            retry_after,
            held_by: None,
        }
    }

    /// The answer that names the machine which has the dossier.
    pub(crate) fn held_by(self, lease: DossierLease) -> Response {
        self.answer(&Problem { held_by: Some(lease), ..self.problem() })
    }

    fn answer(self, problem: &Problem) -> Response {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, serde_json::to_vec(problem).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// Status, code, sentence and, when another try is worth it, the seconds before it.
    fn row(self) -> (StatusCode, &'static str, &'static str, Option<u32>) {
        use StatusCode as S;
        // The code of the tus protocol for a checksum that does not fit; HTTP itself has none.
        let checksum_mismatch = S::from_u16(460).unwrap_or(S::BAD_REQUEST);
        match self {
            Self::DeviceRevoked => (S::UNAUTHORIZED, "deviceRevoked", "Kho đã thu hồi máy này", None),
            Self::Unauthorized => (S::UNAUTHORIZED, "unauthorized", "Kho chưa công nhận máy này", None),
            Self::CertificateExpired => (
                S::UNAUTHORIZED,
                "certificateExpired",
                "Chứng thư của máy này đã hết hạn, hãy xin quản trị cấp mã đăng ký mới",
                None,
            ),
            Self::LoginRefused => {
                (S::FORBIDDEN, "loginRefused", "Tên đăng nhập hoặc mật khẩu ở kho không đúng", None)
            }
            Self::LoginExpired => {
                (S::FORBIDDEN, "loginExpired", "Phiên làm việc với kho đã hết, hãy đăng nhập lại", None)
            }
            Self::LoginWait(seconds) => (
                S::TOO_MANY_REQUESTS,
                "loginWait",
                "Sai mật khẩu nhiều lần, hãy chờ rồi thử lại",
                Some(seconds),
            ),
            Self::NotForPortals => {
                (S::FORBIDDEN, "notForPortals", "Cổng chỉ gửi hồ sơ và xem hồ sơ mình đã gửi", None)
            }
            Self::OfficeWithoutOfficers => {
                (S::FORBIDDEN, "officeWithoutOfficers", "Kho chưa có cán bộ nào của cơ quan này", None)
            }
            Self::AdminNotGranted => {
                (S::FORBIDDEN, "adminNotGranted", "Việc này cần vai trò quản trị ở kho", None)
            }
            Self::AdminBeyondGrant => {
                (S::FORBIDDEN, "adminBeyondGrant", "Việc này ở ngoài phạm vi quản trị được giao", None)
            }
            Self::AdminGone => {
                (S::NOT_FOUND, "adminGone", "Không có mục này trong phạm vi quản trị, hãy tải lại", None)
            }
            Self::AdminOwnRight => {
                (S::CONFLICT, "adminOwnRight", "Không ai tự thôi quyền hoặc tự cho mình thôi việc", None)
            }
            Self::AdminUnfit => {
                (S::UNPROCESSABLE_ENTITY, "adminUnfit", "Thông tin còn thiếu hoặc không hợp lệ", None)
            }
            Self::OfficerExists => (S::CONFLICT, "officerExists", "Tên đăng nhập này đã có người dùng", None),
            Self::ReferenceOvertaken => {
                (S::CONFLICT, "referenceOvertaken", "Vừa có người lưu phiên bản khác, hãy xem lại", None)
            }
            Self::OfficerOfOtherOffice => {
                (S::FORBIDDEN, "officerOfOtherOffice", "Cán bộ không thuộc cơ quan của máy này", None)
            }
            Self::LookUpNotGranted => {
                (S::FORBIDDEN, "lookUpNotGranted", "Cán bộ không có vai trò được tra cứu người dân", None)
            }
            Self::EnrolCodeRefused => (
                S::FORBIDDEN,
                "enrolCodeRefused",
                "Mã đăng ký không đúng, đã dùng hoặc đã quá 10 phút, hãy xin mã mới",
                None,
            ),
            Self::EnrolMachineKnown => (
                S::FORBIDDEN,
                "enrolMachineKnown",
                "Máy này đã đăng ký trước đó, cần mã cấp riêng cho máy",
                None,
            ),
            Self::EnrolOfOtherAgency => {
                (S::FORBIDDEN, "enrolOfOtherAgency", "Mã đăng ký hoặc máy này thuộc cơ quan khác", None)
            }
            Self::CsrMalformed => {
                (S::UNPROCESSABLE_ENTITY, "csrMalformed", "Yêu cầu cấp chứng thư không đúng dạng", None)
            }
            Self::AgencyMismatch => {
                (S::FORBIDDEN, "agencyMismatch", "Máy này không thuộc cơ quan được yêu cầu", None)
            }
            Self::RouteUnknown => (S::NOT_FOUND, "routeUnknown", "Không có đường dẫn này", None),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "methodNotAllowed", "Đường dẫn này không nhận cách gọi đó", None)
            }
            Self::BlobUnknown => (S::NOT_FOUND, "blobUnknown", "Kho không có tệp tin này", None),
            Self::PackageUnfit => (
                S::UNPROCESSABLE_ENTITY,
                "packageUnfit",
                "Tệp tin không phải gói của một máy mà kho biết, hoặc bị cắt",
                None,
            ),
            Self::DossierUnknown => (S::NOT_FOUND, "dossierUnknown", "Kho không có hồ sơ này", None),
            Self::DossierLeased => {
                (S::CONFLICT, "dossierLeased", "Hồ sơ đang được xử lý trên máy khác", None)
            }
            Self::DossierChanged => {
                (S::PRECONDITION_FAILED, "dossierChanged", "Hồ sơ đã thay đổi, hãy tải lại hồ sơ", None)
            }
            Self::IfMatchAbsent => (
                S::PRECONDITION_REQUIRED,
                "ifMatchAbsent",
                "Yêu cầu phải nêu phiên bản hồ sơ (If-Match)",
                None,
            ),
            Self::ReferenceAbsent => {
                (S::SERVICE_UNAVAILABLE, "referenceAbsent", "Kho chưa có dữ liệu danh mục", Some(60))
            }
            Self::ReferenceUnknown => {
                (S::NOT_FOUND, "referenceUnknown", "Kho không có phiên bản danh mục này", None)
            }
            Self::NumberMalformed => {
                (S::UNPROCESSABLE_ENTITY, "numberMalformed", "Số định danh không đúng dạng", None)
            }
            Self::PurposeAbsent => (
                S::UNPROCESSABLE_ENTITY,
                "purposeAbsent",
                "Yêu cầu tra cứu người phải nêu mục đích (motcua-purpose)",
                None,
            ),
            Self::BlobIdMalformed => {
                (S::UNPROCESSABLE_ENTITY, "blobIdMalformed", "Mã tệp tin không đúng dạng", None)
            }
            Self::DossierIdMalformed => {
                (S::UNPROCESSABLE_ENTITY, "dossierIdMalformed", "Mã hồ sơ không đúng dạng", None)
            }
            Self::QueryMalformed => {
                (S::UNPROCESSABLE_ENTITY, "queryMalformed", "Tham số không đúng dạng", None)
            }
            Self::CursorMalformed => {
                (S::UNPROCESSABLE_ENTITY, "cursorMalformed", "Vị trí đọc thay đổi không đúng dạng", None)
            }
            Self::CursorGone => {
                (S::GONE, "cursorGone", "Vị trí đọc thay đổi không còn dùng được, hãy đọc lại từ đầu", None)
            }
            Self::BodyMalformed => {
                (S::UNPROCESSABLE_ENTITY, "bodyMalformed", "Nội dung gửi lên không đúng dạng", None)
            }
            Self::TooManyOps => {
                (S::UNPROCESSABLE_ENTITY, "tooManyOps", "Mỗi lần gửi tối đa 100 thao tác", None)
            }
            Self::TooManyIds => (S::UNPROCESSABLE_ENTITY, "tooManyIds", "Mỗi lần hỏi tối đa 500 mục", None),
            Self::BodyTooLarge => {
                (S::PAYLOAD_TOO_LARGE, "bodyTooLarge", "Nội dung gửi lên vượt giới hạn dung lượng", None)
            }
            Self::BlobHashMismatch => (
                S::UNPROCESSABLE_ENTITY,
                "blobHashMismatch",
                "Tệp tin nhận được không khớp mã kiểm tra",
                None,
            ),
            Self::UploadBroken => {
                (S::REQUEST_TIMEOUT, "uploadBroken", "Tệp tin đang gửi bị đứt giữa chừng", Some(2))
            }
            Self::UploadUnknown => (S::NOT_FOUND, "uploadUnknown", "Kho không có lượt gửi tệp tin này", None),
            Self::UploadExpired => {
                (S::GONE, "uploadExpired", "Lượt gửi tệp tin đã hết hạn, hãy gửi lại từ đầu", None)
            }
            Self::UploadOffsetMismatch => {
                (S::CONFLICT, "uploadOffsetMismatch", "Vị trí gửi tiếp không khớp với phần kho đã nhận", None)
            }
            Self::UploadIncomplete => (S::CONFLICT, "uploadIncomplete", "Kho chưa nhận đủ tệp tin này", None),
            Self::UploadHeld => {
                (S::LOCKED, "uploadHeld", "Tệp tin này đang được gửi bởi một yêu cầu khác", Some(5))
            }
            Self::UploadChecksumMismatch => {
                (checksum_mismatch, "uploadChecksumMismatch", "Phần vừa nhận không khớp mã kiểm tra", None)
            }
            Self::UploadHeadersMalformed => (
                S::BAD_REQUEST,
                "uploadHeadersMalformed",
                "Thông tin của lượt gửi tệp tin không đúng dạng",
                None,
            ),
            Self::UploadTypeUnsupported => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "uploadTypeUnsupported",
                "Kho chỉ nhận phần tệp tin ở dạng application/offset+octet-stream",
                None,
            ),
            Self::UploadVersionUnsupported => (
                S::PRECONDITION_FAILED,
                "uploadVersionUnsupported",
                "Kho chỉ nhận giao thức gửi tệp tin tus 1.0.0",
                None,
            ),
            Self::TooManyUploads => {
                (S::TOO_MANY_REQUESTS, "tooManyUploads", "Máy này đang có quá nhiều tệp tin gửi dở", Some(60))
            }
            Self::TooManyRequests => {
                (S::TOO_MANY_REQUESTS, "tooManyRequests", "Máy này gửi quá nhiều yêu cầu, hãy chờ", Some(10))
            }
            Self::TooManyLookups => {
                (S::TOO_MANY_REQUESTS, "tooManyLookups", "Máy này tra cứu quá nhiều người, hãy chờ", Some(30))
            }
            Self::NumbersUsedUp => {
                (S::CONFLICT, "numbersUsedUp", "Đã dùng hết số thứ tự hồ sơ của ngày này", None)
            }
            Self::IdempotencyKeyMalformed => {
                (S::UNPROCESSABLE_ENTITY, "idempotencyKeyMalformed", "Mã chống lặp không đúng dạng", None)
            }
            Self::IdempotencyMismatch => (
                S::UNPROCESSABLE_ENTITY,
                "idempotencyMismatch",
                "Mã chống lặp đã được dùng cho một yêu cầu khác",
                None,
            ),
            Self::IdentityServiceDown => {
                (S::SERVICE_UNAVAILABLE, "identityServiceDown", "Hệ thống định danh không trả lời", Some(30))
            }
            Self::RequestTimeout => {
                (S::REQUEST_TIMEOUT, "requestTimeout", "Yêu cầu quá thời gian cho phép", Some(5))
            }
            Self::StorageFull => (
                S::INSUFFICIENT_STORAGE,
                "storageFull",
                "Ổ đĩa của kho đã đầy, hãy báo người quản trị kho",
                Some(60),
            ),
            Self::StorageTrouble => {
                (S::SERVICE_UNAVAILABLE, "storageTrouble", "Kho đang gặp sự cố lưu trữ", Some(15))
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.answer(&self.problem())
    }
}

impl From<crate::StoreError> for Refusal {
    fn from(error: crate::StoreError) -> Self {
        tracing::error!(%error, "store failed");
        if error.is_full() { Self::StorageFull } else { Self::StorageTrouble }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_own_code_and_a_sentence() {
        let mut codes: Vec<String> = Refusal::ALL.iter().map(|r| r.problem().code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), Refusal::ALL.len());
        assert!(Refusal::ALL.iter().all(|r| !r.problem().title.is_empty()));
    }
}
