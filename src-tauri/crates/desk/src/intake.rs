//! Opening a dossier: procedures, owner, case; and finding dossiers again.

use crate::desk::Desk;
use crate::error::{DeskError, IntakeError, ReferenceError};
use crate::ports::{Batch, LinkError};
use ed25519_dalek::VerifyingKey;
use motcua_dossier::{
    Applicant, Category, Channel, ComponentRow, ComponentSpec, Database, Dossier, DossierError, DossierId,
    DossierState, HandlingCase, IdentityCheck, Procedure, ProcedureCode, ReferenceData, ReturnMethod, fold,
    untelex,
};
use motcua_wire::ReceiptError;
use std::collections::HashMap;
use std::sync::Arc;

/// What a dossier is opened with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDossier {
    /// How it came in.
    pub channel: Channel,
    /// How the result is handed over.
    pub return_method: ReturnMethod,
    /// Owner and submitter.
    pub applicant: Applicant,
    /// Outcome of the identity check; `NotAsked` takes the last one of this session, if there was one.
    pub identity: IdentityCheck,
    /// Which procedure.
    pub procedure: ProcedureCode,
    /// Which case of it.
    pub case_code: String,
}

/// What may be changed on a draft, all of it at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DossierChange {
    /// How it came in.
    pub channel: Channel,
    /// How the result is handed over.
    pub return_method: ReturnMethod,
    /// Owner and submitter.
    pub applicant: Applicant,
    /// Which case of the procedure.
    pub case_code: String,
}

/// Dossiers shown at once.
const LISTED: u32 = 50;
/// Dossiers whose result is owed that a list shows at most.
const OWED: u32 = 200;

impl Desk {
    /// Asks the warehouse for newer reference data. Returns the version held now. Data without the warehouse's
    /// signature are not taken, nor those that contradict themselves or come before what is held: dossiers and the
    /// work go on with that.
    ///
    /// # Errors
    /// No contact, what came is not taken, the vault is closed.
    pub async fn refresh_reference(&self) -> Result<u64, DeskError> {
        let held = self.vault.reference()?;
        let Some(sealed) = self.warehouse.reference(held.version).await? else { return Ok(held.version) };
        let key = VerifyingKey::from_bytes(&self.office.receipt_key).ok();
        let newer = match key.ok_or(ReceiptError::Signature).and_then(|key| sealed.open(&key)) {
            Ok(newer) => newer,
            Err(ReceiptError::Signature) => return Err(ReferenceError::Forged.into()),
            Err(_) => return Err(LinkError::Malformed.into()),
        };
        if let Some(fault) = newer.faults().first() {
            tracing::error!(
                ?fault,
                version = newer.version,
                "reference data of the warehouse are not usable"
            );
            return Err(LinkError::Malformed.into());
        }
        if newer.version == held.version {
            return Ok(held.version);
        }
        if !newer.follows(&held) {
            return Err(ReferenceError::Older.into());
        }
        let version = newer.version;
        let _writing = self.writing();
        self.vault.commit(&Batch { reference: Some(newer), ..Batch::default() })?;
        Ok(version)
    }

    /// The reference data held now; empty before the first sync.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn reference(&self) -> Result<Arc<ReferenceData>, DeskError> {
        Ok(self.vault.reference()?)
    }

    /// The ten best procedures for what was typed, marks and case aside: by code, by initials, by words
    /// in any order. Nothing typed gives the commonest of this counter.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn procedures(&self, query: &str) -> Result<Vec<Procedure>, DeskError> {
        let mut taken: HashMap<String, u32> = HashMap::new();
        for dossier in self.vault.dossiers("", 200)? {
            *taken.entry(dossier.procedure.key().to_owned()).or_default() += 1;
        }
        let reference = self.vault.reference()?;
        as_meant(query, |query| {
            let query = fold(query);
            let mut found: Vec<(u32, u32, &Procedure)> = reference
                .procedures
                .iter()
                .filter_map(|p| {
                    let often = taken.get(p.code.key()).copied().unwrap_or(0);
                    Some((rank(p, &query)?, often, p))
                })
                .collect();
            found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
            Ok(found.into_iter().take(10).map(|(_, _, p)| p.clone()).collect())
        })
    }

    /// Danh mục giấy tờ.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn categories(&self) -> Result<Vec<Category>, DeskError> {
        Ok(self.vault.reference()?.categories.clone())
    }

    /// Databases in which officers look things up instead of asking for a paper.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn databases(&self) -> Result<Vec<Database>, DeskError> {
        Ok(self.vault.reference()?.databases())
    }

    /// Opens a dossier; durable when this returns.
    ///
    /// # Errors
    /// Unknown procedure or case, the vault is closed.
    pub async fn open_dossier(&self, new: NewDossier) -> Result<Dossier, DeskError> {
        let (millis, random) = self.id_parts();
        let dossier = self.draft(DossierId::derive(millis, &random), new)?;
        let _writing = self.writing();
        self.vault.commit(&Batch { dossiers: vec![dossier.clone()], ..Batch::default() })?;
        Ok(dossier)
    }

    /// A dossier as it begins; nothing is written.
    pub(crate) fn draft(&self, id: DossierId, new: NewDossier) -> Result<Dossier, DeskError> {
        let reference = self.vault.reference()?;
        let procedure = find_procedure(&reference, &new.procedure)?;
        let case = find_case(procedure, &new.case_code)?;
        self.begun(id, new, reference.version, Some(procedure), Some(case))
    }

    /// The same of a procedure or a case that is not known here any more: it can be read and declined, and accepted once
    /// it has a case.
    pub(crate) fn bare_draft(&self, id: DossierId, new: NewDossier) -> Result<Dossier, DeskError> {
        let reference = self.vault.reference()?;
        let procedure = find_procedure(&reference, &new.procedure).ok();
        self.begun(id, new, reference.version, procedure, None)
    }

    fn begun(
        &self,
        id: DossierId,
        new: NewDossier,
        reference_version: u64,
        procedure: Option<&Procedure>,
        case: Option<&HandlingCase>,
    ) -> Result<Dossier, DeskError> {
        let identity = match new.identity {
            IdentityCheck::NotAsked => self.last_check(&new.applicant.owner.number),
            checked @ (IdentityCheck::Answered { .. }
            | IdentityCheck::ServiceDown { .. }
            | IdentityCheck::Offline { .. }
            | IdentityCheck::LinkFailed { .. }) => checked,
        };
        Ok(Dossier {
            id,
            code: None,
            channel: new.channel,
            return_method: new.return_method,
            applicant: new.applicant,
            identity,
            procedure: procedure.map_or_else(|| new.procedure.clone(), |known| known.code.clone()),
            procedure_name: procedure.map_or_else(|| new.procedure.to_string(), |known| known.name.clone()),
            reference_version,
            case_code: case.map_or(new.case_code, |known| known.code.clone()),
            working_days: case.map_or(0, |known| known.working_days),
            working_hours: case.map_or(0, |known| known.working_hours),
            fee: case.map_or(0, |known| known.fee),
            fees: vec![],
            steps: vec![],
            components: procedure.into_iter().flat_map(|known| &known.components).map(row_of).collect(),
            consents: vec![],
            reports: vec![],
            state: DossierState::Draft,
            result: None,
            receipt: None,
            reprint: std::collections::BTreeSet::new(),
            replaced: std::collections::BTreeSet::new(),
            withdrawals: vec![],
            corrections: vec![],
            guide_due: false,
            submission: None,
            exception: None,
            taken_up: None,
            former_papers: vec![],
            settlements: vec![],
            officer: self.officer(),
            opened_at: self.clock.now(),
            server_version: 0,
            revision: 1,
        })
    }

    /// Changes a draft. Another owner number drops what was taken from the first owner's papers, with
    /// its confirmations, and the identity outcome.
    ///
    /// # Errors
    /// Not a draft; unknown case; the owner's number is fixed by a paper already filed under it.
    pub async fn update_dossier(&self, id: DossierId, to: DossierChange) -> Result<Dossier, DeskError> {
        let reference = self.vault.reference()?;
        let known = self.last_check(&to.applicant.owner.number);
        self.change(id, |change| {
            let dossier = &mut change.dossier;
            if dossier.state != DossierState::Draft {
                return Err(DossierError::NotDraft.into());
            }
            if dossier.case_code != to.case_code {
                let case = find_case(find_procedure(&reference, &dossier.procedure)?, &to.case_code)?;
                dossier.case_code.clone_from(&case.code);
                dossier.working_days = case.working_days;
                dossier.working_hours = case.working_hours;
                dossier.fee = case.fee;
            }
            if dossier.applicant.owner.number != to.applicant.owner.number {
                let filed =
                    |row: &ComponentRow| row.attachment.as_ref().is_some_and(|a| a.digitized.is_some());
                if dossier.components.iter().any(filed) {
                    return Err(IntakeError::OwnerFixed.into());
                }
                for row in &mut dossier.components {
                    row.reservation = None;
                    row.attachment = row.attachment.take().filter(|a| !a.is_reused());
                }
                dossier.consents.clear();
                dossier.identity = known;
            }
            dossier.channel = to.channel;
            dossier.return_method = to.return_method;
            dossier.applicant = to.applicant;
            Ok(())
        })
    }

    /// One dossier.
    ///
    /// # Errors
    /// Not on this machine, the vault is closed.
    pub async fn dossier(&self, id: DossierId) -> Result<Dossier, DeskError> {
        self.stored(id)
    }

    /// The 50 newest dossiers that fit what was typed; when nothing was, older ones too whose result is owed, the most
    /// pressing 200, whose receipt is to be printed again or whose owner is to be told how to get an account. Without drafts
    /// that were set aside.
    ///
    /// # Errors
    /// The vault is closed.
    pub async fn dossiers(&self, query: &str) -> Result<Vec<Dossier>, DeskError> {
        if !query.trim().is_empty() {
            return as_meant(query, |query| {
                let mut found = self.vault.dossiers(query, LISTED)?;
                found.retain(|dossier| !is_aside(dossier));
                Ok(found)
            });
        }
        let mut left = LISTED;
        let mut found = self.vault.dossiers("", crate::sync::RECENT)?;
        found.retain(|dossier| !is_aside(dossier));
        found.retain(|dossier| {
            let newest = left > 0;
            left = left.saturating_sub(1);
            newest || !dossier.reprint.is_empty() || dossier.guide_due
        });
        for owed in self.vault.owed(OWED)? {
            if !found.iter().any(|dossier| dossier.id == owed.id) {
                found.push(owed);
            }
        }
        Ok(found)
    }
}

fn is_aside(dossier: &Dossier) -> bool {
    matches!(dossier.state, DossierState::SetAside(_))
}

/// What is found by the words as they were typed; where nothing is, by what they mean as Telex keys.
pub(crate) fn as_meant<T>(
    query: &str,
    find: impl Fn(&str) -> Result<Vec<T>, DeskError>,
) -> Result<Vec<T>, DeskError> {
    let found = find(query)?;
    match untelex(query).filter(|_| found.is_empty()) {
        Some(meant) => find(&meant),
        None => Ok(found),
    }
}

pub(crate) fn find_procedure<'a>(
    reference: &'a ReferenceData,
    code: &ProcedureCode,
) -> Result<&'a Procedure, DeskError> {
    reference
        .procedures
        .iter()
        .find(|p| p.code.same_procedure(code))
        .ok_or_else(|| IntakeError::UnknownProcedure.into())
}

pub(crate) fn find_case<'a>(procedure: &'a Procedure, code: &str) -> Result<&'a HandlingCase, DeskError> {
    procedure.cases.iter().find(|c| c.code == code).ok_or_else(|| IntakeError::UnknownCase.into())
}

/// The empty row of a component.
pub(crate) fn row_of(spec: &ComponentSpec) -> ComponentRow {
    ComponentRow {
        number: spec.number,
        name: spec.name.clone(),
        form: spec.form,
        quantity: spec.quantity,
        result_codes: spec.result_codes.clone(),
        fresh_days: spec.fresh_days,
        required: spec.required,
        enters_warehouse: spec.enters_warehouse,
        attachment: None,
        reservation: None,
        waiver: None,
    }
}

/// Lower is better; none when it does not fit.
fn rank(procedure: &Procedure, query: &str) -> Option<u32> {
    let name = fold(&procedure.name);
    if query.is_empty() {
        return Some(0);
    }
    if fold(procedure.code.as_str()).starts_with(query) {
        return Some(0);
    }
    if name.starts_with(query) {
        return Some(1);
    }
    let initials: String = name.split(' ').filter_map(|w| w.chars().next()).collect();
    if query.chars().count() >= 2 && initials.contains(query) {
        return Some(2);
    }
    let words: Vec<&str> = name.split(' ').collect();
    let all_start = query.split(' ').all(|q| words.iter().any(|w| w.starts_with(q)));
    if all_start {
        return Some(3);
    }
    let field = fold(&procedure.field);
    query.split(' ').all(|q| name.contains(q) || field.contains(q)).then_some(4)
}
