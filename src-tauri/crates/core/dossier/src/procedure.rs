//! Reference data: procedures, their components, categories of papers, the organisation tree.

use crate::{
    Calendar, CopyForm, Day, FormTemplate, GuideText, LawRule, NoticeTemplate, ProcedureCode, ResultCode,
    Setting, Target, Timestamp, WorkingHours,
};
use serde::{Deserialize, Serialize};

/// One administrative procedure (thủ tục hành chính) in the version the counter works with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Procedure {
    /// National code with the province suffix.
    pub code: ProcedureCode,
    /// Name as printed.
    pub name: String,
    /// Field (lĩnh vực).
    pub field: String,
    /// Levels that resolve it, as printed ("Cấp Xã").
    pub level: String,
    /// The applicants are agencies (seed 001, appendix 3).
    #[serde(default)]
    pub agency_applicant: bool,
    /// Cases of handling with their own time limits; at least one.
    pub cases: Vec<HandlingCase>,
    /// Required papers in printed order.
    pub components: Vec<ComponentSpec>,
    /// What the procedure returns, when it returns a written result.
    #[serde(default)]
    pub result_code: Option<ResultCode>,
    /// Name of the result ("Trích lục khai sinh").
    #[serde(default)]
    pub result_name: String,
    /// Version of this reference row; a dossier pins it.
    #[serde(default)]
    pub version: u32,
}

/// Trường hợp giải quyết.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HandlingCase {
    /// Short code within the procedure.
    pub code: String,
    /// Name as printed.
    pub name: String,
    /// Time limit in working days; 0 means the same day.
    pub working_days: u32,
    /// Working hours beside the days, or instead of them ("4 giờ làm việc").
    #[serde(default)]
    pub working_hours: u32,
    /// Fee in đồng.
    #[serde(default)]
    pub fee: u64,
}

/// Thành phần hồ sơ: one required paper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ComponentSpec {
    /// Position in the procedure, from 1.
    pub number: u32,
    /// Name as printed; may be long and must wrap.
    pub name: String,
    /// Form of copy asked for.
    pub form: CopyForm,
    /// Number of copies.
    pub quantity: u32,
    /// Result codes that satisfy it (inventory O-6: match on the set of codes, never on a name).
    #[serde(default)]
    pub result_codes: Vec<ResultCode>,
    /// Newest acceptable age in days, when the procedure limits it (LLTP: 180).
    #[serde(default)]
    pub fresh_days: Option<u32>,
    /// Must be present at acceptance.
    #[serde(default = "yes")]
    pub required: bool,
    /// A digitized copy enters the warehouse; application forms stay in the dossier only.
    #[serde(default)]
    pub enters_warehouse: bool,
}

/// Danh mục giấy tờ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Category {
    /// Position in the printed list, from 1.
    pub number: u32,
    /// Name verbatim.
    pub name: String,
    /// Result codes known for it; may be empty, never invented.
    #[serde(default)]
    pub result_codes: Vec<ResultCode>,
}

/// One node of the organisation tree, with the days it existed (inventory O-13: no level name in code).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrgNode {
    /// Own code within the tree.
    pub id: String,
    /// Parent's code; none at the root.
    pub parent: Option<String>,
    /// Name as printed.
    pub name: String,
    /// Level word as data ("tỉnh", "huyện", "xã", "phòng").
    pub level: String,
    /// Identifying code of the agency, when known.
    #[serde(default)]
    pub agency_code: Option<String>,
    /// First day.
    #[serde(default)]
    pub from: Option<Day>,
    /// Last day.
    #[serde(default)]
    pub until: Option<Day>,
    /// Node that took over.
    #[serde(default)]
    pub successor: Option<String>,
}

/// Everything a counter needs to work without the network, as one versioned answer of the warehouse.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ReferenceData {
    /// Grows with every change on the server.
    pub version: u64,
    /// When it came, or comes, into force; none for data from before such moments were kept.
    #[serde(default)]
    pub effective_at: Option<Timestamp>,
    /// All procedures.
    pub procedures: Vec<Procedure>,
    /// Sixteen categories of the seeds and whatever was added.
    pub categories: Vec<Category>,
    /// The organisation tree.
    pub tree: Vec<OrgNode>,
    /// Working time.
    #[serde(default)]
    pub calendar: Calendar,
    /// Trust anchors and intermediates, PEM, for checking signatures.
    #[serde(default)]
    pub trust_pem: Vec<String>,
    /// What to do when the identity service says "Chưa có" (text is data, inventory O-12).
    #[serde(default)]
    pub identity_guide: String,
    /// Working hours.
    #[serde(default)]
    pub hours: Vec<WorkingHours>,
    /// Printed forms.
    #[serde(default)]
    pub forms: Vec<FormTemplate>,
    /// Texts people are shown.
    #[serde(default)]
    pub guides: Vec<GuideText>,
    /// What the office is measured by.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// What the law counts with, where it is not the usual.
    #[serde(default)]
    pub rules: Vec<LawRule>,
    /// Texts of notices where they are not the usual ones.
    #[serde(default)]
    pub notices: Vec<NoticeTemplate>,
    /// What the province decided, where it is not the usual.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

fn yes() -> bool {
    true
}
