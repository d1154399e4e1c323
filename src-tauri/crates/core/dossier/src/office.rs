//! What a counter knows of the dossiers of its office: enough for a list, whoever took them in.

use crate::{
    Deadline, DeviceId, DossierCode, DossierId, IdNumber, Moved, Phase, ProcedureCode, Seat, Standing,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// An accepted dossier of the office in short. Where its papers are is another matter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficeDossier {
    /// Which.
    pub id: DossierId,
    /// Version the warehouse has.
    pub version: u64,
    /// Code on the receipt.
    pub code: DossierCode,
    /// Procedure.
    pub procedure: ProcedureCode,
    /// Its name; empty when the warehouse does not know it any more.
    pub procedure_name: String,
    /// Name of the owner.
    pub owner_name: String,
    /// Number of the owner; lists show it masked.
    pub owner_number: IdNumber,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When the result is due, after everything that was promised since.
    pub deadline: Deadline,
    /// How far it is between acceptance and result.
    #[serde(default)]
    pub phase: Phase,
    /// Who has it; none: the counter that accepted it.
    #[serde(default)]
    pub seat: Option<Seat>,
    /// Handed over and not taken yet.
    #[serde(default)]
    pub on_its_way: bool,
    /// How it came there, where the warehouse tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// When the result was handed over.
    #[serde(default)]
    pub returned_at: Option<Timestamp>,
    /// Officer who accepted it.
    pub officer: String,
    /// Machine that took it in; none of one that was taken over from an older register.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// What the office calls that machine; may be empty.
    #[serde(default)]
    pub counter: String,
    /// The machine that works on it.
    #[serde(default)]
    pub holder: Option<Holder>,
}

/// Who works on a dossier alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// Which machine.
    pub device: DeviceId,
    /// What the office calls it; may be empty.
    #[serde(default)]
    pub counter: String,
    /// Which officer.
    pub officer: String,
    /// Until then, by the server's clock.
    pub until: Timestamp,
}

impl OfficeDossier {
    /// As it stands.
    #[must_use]
    pub fn standing(self, standing: Standing) -> Self {
        Self {
            deadline: standing.due,
            phase: standing.phase,
            seat: standing.seat,
            on_its_way: standing.on_its_way,
            moved: standing.moved,
            ..self
        }
    }

    /// Order by age, as [`Dossier::place`](crate::Dossier::place): an id tells when it was made.
    #[must_use]
    pub fn place(&self) -> i64 {
        let made = i64::try_from(self.id.0.as_u128() >> 80).unwrap_or(0);
        crate::search::place(Timestamp(made), self.id)
    }
}
