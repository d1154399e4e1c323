//! Officers, what they may do where and when, and their sessions at machines.

use super::{StoreError, View};
use motcua_dossier::{Day, DeviceId, Timestamp};
use motcua_wire::Role;
use rusqlite::{OptionalExtension, Row, params};

/// An officer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OfficerRow {
    pub(crate) login: String,
    pub(crate) name: String,
    /// Node of the tree he works in.
    pub(crate) node: String,
    /// Argon2id, PHC text; none until an administrator sets one.
    pub(crate) secret: Option<String>,
    /// Wrong secrets in a row, and when the last one was.
    pub(crate) wrong: u32,
    pub(crate) wrong_at: Timestamp,
    /// Works here no longer.
    pub(crate) ended: bool,
}

/// One grant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct GrantRow {
    pub(crate) id: i64,
    pub(crate) role: Role,
    pub(crate) node: String,
    /// Field of procedures it is limited to.
    pub(crate) procedures: Option<String>,
    pub(crate) from: Option<Day>,
    pub(crate) until: Option<Day>,
}

impl GrantRow {
    pub(crate) fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// A session of an officer at a machine; tokens by their hashes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) officer: String,
    pub(crate) device: DeviceId,
    pub(crate) access: [u8; 32],
    pub(crate) access_until: Timestamp,
    pub(crate) refresh: [u8; 32],
    /// The one before, until the present one is used: an answer may be lost on the way.
    pub(crate) former: Option<[u8; 32]>,
    pub(crate) refresh_until: Timestamp,
}

const OFFICER: &str = "SELECT login, name, node, secret, wrong, wrong_at, ended FROM officers";
const SESSION: &str =
    "SELECT officer, device, access, access_until, refresh, former, refresh_until FROM sessions";

fn officer(row: &Row<'_>) -> rusqlite::Result<OfficerRow> {
    Ok(OfficerRow {
        login: row.get(0)?,
        name: row.get(1)?,
        node: row.get(2)?,
        secret: Some(row.get(3)?).filter(|secret: &String| !secret.is_empty()),
        wrong: row.get(4)?,
        wrong_at: Timestamp(row.get(5)?),
        ended: row.get(6)?,
    })
}

type RawSession = (String, String, [u8; 32], i64, [u8; 32], Option<[u8; 32]>, i64);

fn raw_session(row: &Row<'_>) -> rusqlite::Result<RawSession> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn session(raw: RawSession) -> Result<SessionRow, StoreError> {
    let (officer, device, access, access_until, refresh, former, refresh_until) = raw;
    Ok(SessionRow {
        officer,
        device: DeviceId::parse(&device).map_err(|_| StoreError::Identifier)?,
        access,
        access_until: Timestamp(access_until),
        refresh,
        former,
        refresh_until: Timestamp(refresh_until),
    })
}

impl View<'_> {
    pub(crate) fn officer(&self, login: &str) -> Result<Option<OfficerRow>, StoreError> {
        let sql = format!("{OFFICER} WHERE login = ?");
        Ok(self.0.prepare_cached(&sql)?.query_row([login], officer).optional()?)
    }

    pub(crate) fn officers(&self) -> Result<Vec<OfficerRow>, StoreError> {
        let mut statement = self.0.prepare(&format!("{OFFICER} ORDER BY login"))?;
        let rows = statement.query_map([], officer)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Nodes officers work in, or did: an office whose last officer is dismissed is not one that has none yet.
    pub(crate) fn nodes_of_officers(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT node FROM officers";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn put_officer(&self, row: &OfficerRow) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO officers(login, name, node, secret, wrong, wrong_at, ended)
             VALUES(?, ?, ?, ?, ?, ?, ?)",
            params![
                row.login,
                row.name,
                row.node,
                row.secret.as_deref().unwrap_or_default(),
                row.wrong,
                row.wrong_at.0,
                row.ended
            ],
        )?;
        Ok(())
    }

    /// Wrong tries in a row, the last one then.
    pub(crate) fn set_wrong(&self, login: &str, wrong: u32, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE officers SET wrong = ?2, wrong_at = ?3 WHERE login = ?1";
        self.0.execute(sql, params![login, wrong, at.0])?;
        Ok(())
    }

    pub(crate) fn grants_of(&self, login: &str) -> Result<Vec<GrantRow>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, role, node, procedures, from_day, until_day FROM grants WHERE officer = ? ORDER BY id",
        )?;
        type Raw = (i64, String, String, Option<String>, Option<String>, Option<String>);
        let rows = statement
            .query_map([login], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?)))?;
        let day = |text: Option<String>| {
            text.map(|text| Day::parse(&text)).transpose().map_err(|_| StoreError::Identifier)
        };
        rows.map(|row| {
            let (id, role, node, procedures, from, until): Raw = row?;
            let role = Role::of_word(&role).ok_or(StoreError::Identifier)?;
            Ok(GrantRow { id, role, node, procedures, from: day(from)?, until: day(until)? })
        })
        .collect()
    }

    /// Adds a grant; its id is given.
    pub(crate) fn add_grant(&self, login: &str, grant: &GrantRow) -> Result<i64, StoreError> {
        self.0.execute(
            "INSERT INTO grants(officer, role, node, procedures, from_day, until_day) VALUES(?, ?, ?, ?, ?, ?)",
            params![
                login,
                grant.role.word(),
                grant.node,
                grant.procedures,
                grant.from.map(Day::format_iso),
                grant.until.map(Day::format_iso)
            ],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Ends a grant after that day; what was granted before stays on record. False when there is none.
    pub(crate) fn end_grant(&self, id: i64, last: Day) -> Result<bool, StoreError> {
        let sql = "UPDATE grants SET until_day = min(coalesce(until_day, ?2), ?2) WHERE id = ?1";
        Ok(self.0.execute(sql, params![id, last.format_iso()])? > 0)
    }

    pub(crate) fn session_by_access(&self, access: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let sql = format!("{SESSION} WHERE access = ?");
        self.0
            .prepare_cached(&sql)?
            .query_row([access.as_slice()], raw_session)
            .optional()?
            .map(session)
            .transpose()
    }

    /// By its refresh token, the present or the former.
    pub(crate) fn session_by_refresh(&self, refresh: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let sql = format!("{SESSION} WHERE refresh = ?1 OR former = ?1");
        self.0
            .prepare_cached(&sql)?
            .query_row([refresh.as_slice()], raw_session)
            .optional()?
            .map(session)
            .transpose()
    }

    /// One officer at one machine has one session.
    pub(crate) fn put_session(&self, row: &SessionRow) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO sessions(officer, device, access, access_until, refresh, former, refresh_until)
             VALUES(?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT(officer, device) DO UPDATE SET access = excluded.access,
               access_until = excluded.access_until, refresh = excluded.refresh, former = excluded.former,
               refresh_until = excluded.refresh_until",
            params![
                row.officer,
                row.device.to_string(),
                row.access.as_slice(),
                row.access_until.0,
                row.refresh.as_slice(),
                row.former.as_ref().map(<[u8; 32]>::as_slice),
                row.refresh_until.0
            ],
        )?;
        Ok(())
    }

    pub(crate) fn end_session(&self, login: &str, device: DeviceId) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE officer = ? AND device = ?";
        self.0.execute(sql, params![login, device.to_string()])?;
        Ok(())
    }

    pub(crate) fn end_sessions(&self, login: &str) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM sessions WHERE officer = ?", [login])?;
        Ok(())
    }
}
