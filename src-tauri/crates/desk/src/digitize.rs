//! "Số hóa": a signed paper goes into the outbox for its owner's warehouse.

use crate::desk::Desk;
use crate::error::{DeskError, FileError, FilingError};
use crate::intake::find_procedure;
use crate::papers::disbelief;
use motcua_dossier::{
    Attachment, AttachmentSource, CopyForm, DocumentId, DocumentRecord, Dossier, DossierError, DossierId,
    FieldProblem, Metadata, OutboxKind, PaperName, PartyKind, ReferenceData, ResultCode, StoreKind,
};
use motcua_wire::OpPayload;

const RESULT_KIND: &str = "Kết quả giải quyết";

impl Desk {
    /// What can be said about the paper of a row (0 is the result) before the officer says anything:
    /// category and result code of the row, the name by the grammar, the owner's store.
    ///
    /// # Errors
    /// Unknown dossier or row, nothing attached.
    pub async fn suggest_metadata(&self, id: DossierId, component: u32) -> Result<Metadata, DeskError> {
        let dossier = self.stored(id)?;
        if component == 0 {
            let result = dossier.result.as_ref().ok_or(FilingError::ResultMissing)?;
            return self.result_metadata(&dossier, &result.attachment);
        }
        let row = dossier.component(component)?;
        let attachment = row.attachment.as_ref().ok_or(DossierError::NothingAttached(component))?;
        if let Some(said) = &attachment.metadata {
            return Ok(said.clone());
        }
        let reference = self.vault.reference()?;
        let code = row.result_codes.first().cloned();
        let category = category_of(&reference, code.as_ref());
        let label = if category.is_empty() { row.name.clone() } else { category.clone() };
        Ok(Metadata {
            kind: RESULT_KIND.to_owned(),
            name: paper_name(&dossier, code.as_ref(), &label),
            category,
            result_code: code,
            decision_number: String::new(),
            summary: String::new(),
            issuer: String::new(),
            issued_on: None,
            valid_until: None,
            form: form_of(attachment, row.form),
            store: store_of(&dossier),
            shown: true,
            shared: true,
        })
    }

    /// "Số hóa": the paper is durably queued for its owner's warehouse, in one commit with the dossier.
    ///
    /// # Errors
    /// The row's paper stays in the dossier; DOC; a signature the province asks for is missing or does not hold;
    /// the metadata is not complete; already filed.
    pub async fn digitize(
        &self,
        id: DossierId,
        component: u32,
        metadata: Metadata,
    ) -> Result<Dossier, DeskError> {
        let dossier = self.stored(id)?;
        self.may_capture(&dossier, component)?;
        let row = dossier.component(component)?;
        let attachment = row.attachment.as_ref().ok_or(DossierError::NothingAttached(component))?;
        if !row.enters_warehouse || attachment.is_reused() {
            return Err(FilingError::NotForWarehouse.into());
        }
        if attachment.digitized.is_some() {
            return Err(DossierError::AlreadyDigitized(component).into());
        }
        self.may_file(attachment, &metadata, &dossier)?;
        let checked = attachment.blob;
        let document = self.new_document();
        self.change(id, |change| {
            let owner = change.dossier.applicant.owner.clone();
            let attachment = change
                .row_mut(component)?
                .attachment
                .clone()
                .filter(|a| a.blob == checked && a.digitized.is_none())
                .ok_or(DossierError::NothingAttached(component))?;
            let record = record_of(document, &change.dossier, &attachment, &metadata);
            let payload = OpPayload::FileDocument { record, owner_name: owner.name };
            let op = change.enqueue(OutboxKind::Document, payload, vec![attachment.blob])?;
            let row = change.row_mut(component)?;
            row.attachment =
                Some(Attachment { digitized: Some((op, document)), metadata: Some(metadata), ..attachment });
            Ok(())
        })
    }

    pub(crate) fn new_document(&self) -> DocumentId {
        let (millis, random) = self.id_parts();
        DocumentId::derive(millis, &random)
    }

    /// What every paper needs before it is filed: PDF, the signatures the province asks for, words about it.
    pub(crate) fn may_file(
        &self,
        attachment: &Attachment,
        metadata: &Metadata,
        dossier: &Dossier,
    ) -> Result<(), DeskError> {
        if !attachment.is_pdf() {
            return Err(FileError::NotPdf.into());
        }
        self.signed_to_enter(attachment, metadata.result_code.as_ref())?;
        let mut problems = metadata.problems();
        if dossier.applicant.owner.name.trim().is_empty() {
            problems.push(FieldProblem { field: "owner.name".into(), code: "ownerNameMissing".into() });
        }
        if !problems.is_empty() {
            return Err(FilingError::Metadata(problems).into());
        }
        let report = self.check_signatures(&self.held(&attachment.blob)?)?;
        match disbelief(&report) {
            Some(reason) => Err(reason.into()),
            None => Ok(()),
        }
    }

    /// What can be said about a result before the officer says anything.
    pub(crate) fn result_metadata(
        &self,
        dossier: &Dossier,
        attachment: &Attachment,
    ) -> Result<Metadata, DeskError> {
        let reference = self.vault.reference()?;
        let procedure = find_procedure(&reference, &dossier.procedure).ok();
        let code = procedure.and_then(|p| p.result_code.clone());
        let named = procedure.map(|p| p.result_name.clone()).filter(|n| !n.is_empty());
        let category = category_of(&reference, code.as_ref());
        let label = named.unwrap_or_else(|| {
            if category.is_empty() { dossier.procedure_name.clone() } else { category.clone() }
        });
        Ok(Metadata {
            kind: RESULT_KIND.to_owned(),
            name: paper_name(dossier, code.as_ref(), &label),
            category,
            result_code: code,
            decision_number: String::new(),
            summary: String::new(),
            issuer: self.office.agency_name.clone(),
            issued_on: Some(self.clock.now().day()),
            valid_until: None,
            form: form_of(attachment, CopyForm::Original),
            store: store_of(dossier),
            shown: true,
            shared: true,
        })
    }
}

pub(crate) fn record_of(
    id: DocumentId,
    dossier: &Dossier,
    attachment: &Attachment,
    metadata: &Metadata,
) -> DocumentRecord {
    DocumentRecord {
        id,
        owner: dossier.applicant.owner.numbers(),
        metadata: metadata.clone(),
        blob: attachment.blob,
        size: attachment.size,
        pages: attachment.pages,
        supersedes: None,
    }
}

/// A scan of a paper is a true copy; a file that came signed keeps the form the row asks for.
fn form_of(attachment: &Attachment, asked: CopyForm) -> CopyForm {
    match attachment.source {
        AttachmentSource::Scan { .. } => CopyForm::TrueCopy,
        AttachmentSource::File | AttachmentSource::Warehouse(_) => asked,
    }
}

fn store_of(dossier: &Dossier) -> StoreKind {
    match dossier.applicant.owner.kind {
        PartyKind::Agency => StoreKind::Agency,
        PartyKind::Citizen | PartyKind::Enterprise => StoreKind::Personal,
    }
}

fn category_of(reference: &ReferenceData, code: Option<&ResultCode>) -> String {
    let fits = |codes: &[ResultCode]| code.is_some_and(|c| codes.contains(c));
    reference.categories.iter().find(|c| fits(&c.result_codes)).map(|c| c.name.clone()).unwrap_or_default()
}

fn paper_name(dossier: &Dossier, code: Option<&ResultCode>, label: &str) -> String {
    match code {
        Some(code) => PaperName {
            owner: dossier.applicant.owner.number.value().to_owned(),
            result: code.clone(),
            day: None,
            label: label.to_owned(),
        }
        .to_string(),
        None => label.to_owned(),
    }
}
