//! Officers at the warehouse: who they are, what they may do where and when, and their sessions at machines.

use crate::audit::{Hand, event};
use crate::problem::Refusal;
use crate::scope::Scope;
use crate::store::{GrantRow, OfficerRow, SessionRow, StoreError, View};
use crate::warehouse::{Caller, Warehouse};
use crate::{Config, ServeError};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use motcua_dossier::{Day, Timestamp};
use motcua_wire::{LoggedIn, Login, Role};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// Letters a secret has at least; the counter's vault asks for as many.
const SHORTEST_SECRET: usize = 8;
const LONGEST: usize = 200;
/// An access token lives so long.
const ACCESS_MS: i64 = 10 * 60 * 1000;
/// A session that is not used for so long ends.
const REFRESH_MS: i64 = 14 * 24 * 60 * 60 * 1000;
/// Wrong secrets in a row before the first wait, which doubles up to the longest.
const FREE_TRIES: u32 = 5;
const FIRST_WAIT_MS: i64 = 30 * 1000;
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1000;

/// An officer who works at the calling machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    pub(crate) officer: String,
    /// Whose people, papers and dossiers he sees.
    pub(crate) scope: Scope,
    /// Whose figures he reads.
    pub(crate) figures: Scope,
    /// Nodes at and below which he keeps officers and machines.
    pub(crate) administers: Vec<String>,
}

/// What a role is shown, at the nodes it is granted at and nowhere else.
enum Sight {
    /// People, papers, dossiers, and the figures of them.
    People,
    Figures,
    /// It keeps machines and officers, and none of that is told over the network.
    Nothing,
}

fn sight(role: Role) -> Sight {
    match role {
        _ if role.works_with_people() => Sight::People,
        Role::Reporter => Sight::Figures,
        _ => Sight::Nothing,
    }
}

/// A grant as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GrantReport {
    /// For `officer revoke`.
    pub id: i64,
    /// Role.
    pub role: Role,
    /// Node of the tree.
    pub node: String,
    /// Field of procedures it is limited to.
    pub procedures: Option<String>,
    /// First day.
    pub from: Option<Day>,
    /// Last day.
    pub until: Option<Day>,
}

impl From<GrantRow> for GrantReport {
    fn from(row: GrantRow) -> Self {
        let GrantRow { id, role, node, procedures, from, until } = row;
        Self { id, role, node, procedures, from, until }
    }
}

/// An officer as an administrator sees him.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficerReport {
    /// Login name.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Node of the tree he works in.
    pub node: String,
    /// Works here no longer.
    pub ended: bool,
    /// Can log in; one who was imported has no secret before it is set.
    pub has_secret: bool,
    /// What he may do, what has ended too.
    pub grants: Vec<GrantReport>,
}

/// What is granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantWish {
    /// Role.
    pub role: Role,
    /// Node of the tree: there and below.
    pub node: String,
    /// Field of procedures it is limited to.
    pub procedures: Option<String>,
    /// First day; at once without it.
    pub from: Option<Day>,
    /// Last day.
    pub until: Option<Day>,
}

/// Why an administrator's act on officers was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficerError {
    /// Nobody has that login.
    #[error("no officer {0}")]
    Unknown(String),
    /// Somebody has that login already.
    #[error("officer {0} is there already")]
    Exists(String),
    /// Login or name is empty or too long.
    #[error("login or name is empty or too long")]
    Name,
    /// The secret is too short.
    #[error("secret has less than {SHORTEST_SECRET} letters")]
    Secret,
    /// The tree has no such node.
    #[error("no node {0} in the tree of organisations")]
    Node(String),
    /// No procedure is of that field.
    #[error("no procedure of the field {0}")]
    Field(String),
    /// It would be over before it begins.
    #[error("the last day lies before the first")]
    Days,
    /// There is no such grant.
    #[error("no grant {0}")]
    Grant(i64),
    /// Store.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl From<StoreError> for OfficerError {
    fn from(error: StoreError) -> Self {
        Self::Serve(error.into())
    }
}

/// Adds an officer, without any right yet.
///
/// # Errors
/// See [`OfficerError`].
pub fn add_officer(
    config: &Config,
    login: &str,
    name: &str,
    node: &str,
    secret: &Zeroizing<String>,
) -> Result<(), OfficerError> {
    Warehouse::beside(config)?.add_officer(&Hand::operator(), (login, name, node), secret)
}

/// Gives an officer another secret; his sessions end.
///
/// # Errors
/// See [`OfficerError`].
pub fn set_officer_secret(
    config: &Config,
    login: &str,
    secret: &Zeroizing<String>,
) -> Result<(), OfficerError> {
    Warehouse::beside(config)?.set_officer_secret(&Hand::operator(), login, secret)
}

/// An officer works here no longer: today is the last day of his grants, and what he made stays his. False admits
/// him again, without any right yet.
///
/// # Errors
/// See [`OfficerError`].
pub fn end_officer(config: &Config, login: &str, ended: bool) -> Result<(), OfficerError> {
    Warehouse::beside(config)?.end_officer(&Hand::operator(), login, ended)
}

/// Grants a role; its number is given.
///
/// # Errors
/// See [`OfficerError`].
pub fn grant(config: &Config, login: &str, wish: &GrantWish) -> Result<i64, OfficerError> {
    Warehouse::beside(config)?.grant(&Hand::operator(), login, wish)
}

/// The grant, if its node and field are known and its days are in order.
pub(crate) fn check_grant(warehouse: &Warehouse, wish: &GrantWish) -> Result<GrantRow, OfficerError> {
    require_node(warehouse, &wish.node)?;
    let procedures = wish.procedures.as_deref().map(str::trim).filter(|field| !field.is_empty());
    if let Some(field) = procedures {
        require_field(warehouse, field)?;
    }
    if wish.from.is_some_and(|from| wish.until.is_some_and(|until| until < from)) {
        return Err(OfficerError::Days);
    }
    Ok(GrantRow {
        id: 0,
        role: wish.role,
        node: wish.node.clone(),
        procedures: procedures.map(str::to_owned),
        from: wish.from,
        until: wish.until,
    })
}

/// Writes a grant down with its entry in the audit.
pub(crate) fn add_grant(
    view: &View<'_>,
    hand: &Hand,
    login: &str,
    row: &GrantRow,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let id = view.add_grant(login, row)?;
    let subject = format!("{login} {id} {} {}", row.role.word(), row.node);
    view.audit(&hand.did("officer.granted", subject, now))?;
    Ok(id)
}

/// Ends a grant: yesterday was its last day.
///
/// # Errors
/// See [`OfficerError`].
pub fn revoke_grant(config: &Config, id: i64) -> Result<(), OfficerError> {
    Warehouse::beside(config)?.revoke_grant(&Hand::operator(), id)
}

/// Every officer with his grants.
///
/// # Errors
/// See [`OfficerError`].
pub fn officers(config: &Config) -> Result<Vec<OfficerReport>, OfficerError> {
    Ok(Warehouse::beside(config)?.officers()?)
}

/// A login or a name of people.
pub(crate) fn fits(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST
}

pub(crate) fn require_node(warehouse: &Warehouse, node: &str) -> Result<(), OfficerError> {
    let known = warehouse.reference()?.is_some_and(|r| r.data.tree.iter().any(|n| n.id == node));
    if known { Ok(()) } else { Err(OfficerError::Node(node.to_owned())) }
}

fn require_field(warehouse: &Warehouse, field: &str) -> Result<(), OfficerError> {
    let known = warehouse
        .reference()?
        .is_some_and(|r| r.data.procedures.iter().any(|procedure| procedure.field == field));
    if known { Ok(()) } else { Err(OfficerError::Field(field.to_owned())) }
}

impl Warehouse {
    /// Adds an officer (login, name, node), without any right yet.
    pub(crate) fn add_officer(
        &self,
        hand: &Hand,
        (login, name, node): (&str, &str, &str),
        secret: &Zeroizing<String>,
    ) -> Result<(), OfficerError> {
        if !fits(login) || !fits(name) || login.contains(char::is_whitespace) {
            return Err(OfficerError::Name);
        }
        require_node(self, node)?;
        let row = OfficerRow {
            login: login.to_owned(),
            name: name.trim().to_owned(),
            node: node.to_owned(),
            secret: Some(hash(secret)?),
            wrong: 0,
            wrong_at: Timestamp(0),
            ended: false,
        };
        let now = self.now();
        self.records.attempt(|v| {
            if v.officer(login)?.is_some() {
                return Err(OfficerError::Exists(login.to_owned()));
            }
            v.put_officer(&row)?;
            Ok(v.audit(&hand.did("officer.added", login.to_owned(), now))?)
        })
    }

    /// Gives an officer another secret; his sessions end.
    pub(crate) fn set_officer_secret(
        &self,
        hand: &Hand,
        login: &str,
        secret: &Zeroizing<String>,
    ) -> Result<(), OfficerError> {
        let secret = Some(hash(secret)?);
        self.change_officer((hand, "officer.secret"), login, |_, row| {
            Ok(OfficerRow { secret, wrong: 0, ..row })
        })
    }

    /// An officer works here no longer, and today is the last day of his grants; or works here again.
    pub(crate) fn end_officer(&self, hand: &Hand, login: &str, ended: bool) -> Result<(), OfficerError> {
        let action = if ended { "officer.ended" } else { "officer.back" };
        let today = self.now().day();
        self.change_officer((hand, action), login, |v, row| {
            if ended {
                let grants = v.grants_of(login)?;
                grants.iter().try_for_each(|grant| v.end_grant(grant.id, today).map(drop))?;
            }
            Ok(OfficerRow { ended, ..row })
        })
    }

    fn change_officer(
        &self,
        (hand, action): (&Hand, &'static str),
        login: &str,
        change: impl FnOnce(&View<'_>, OfficerRow) -> Result<OfficerRow, StoreError>,
    ) -> Result<(), OfficerError> {
        let now = self.now();
        self.records.attempt(|v| {
            let row = v.officer(login)?.ok_or_else(|| OfficerError::Unknown(login.to_owned()))?;
            let changed = change(v, row)?;
            v.put_officer(&changed)?;
            v.end_sessions(login)?;
            Ok(v.audit(&hand.did(action, login.to_owned(), now))?)
        })
    }

    /// Grants a role; its number is given.
    pub(crate) fn grant(&self, hand: &Hand, login: &str, wish: &GrantWish) -> Result<i64, OfficerError> {
        let row = check_grant(self, wish)?;
        let now = self.now();
        self.records.attempt(|v| {
            v.officer(login)?.ok_or_else(|| OfficerError::Unknown(login.to_owned()))?;
            Ok(add_grant(v, hand, login, &row, now)?)
        })
    }

    /// Ends a grant: yesterday was its last day.
    pub(crate) fn revoke_grant(&self, hand: &Hand, id: i64) -> Result<(), OfficerError> {
        let now = self.now();
        let last = Day(now.day().0.previous_day().unwrap_or(now.day().0));
        self.records.attempt(|v| {
            if !v.end_grant(id, last)? {
                return Err(OfficerError::Grant(id));
            }
            Ok(v.audit(&hand.did("officer.revoked", id.to_string(), now))?)
        })
    }

    /// Every officer with his grants.
    pub(crate) fn officers(&self) -> Result<Vec<OfficerReport>, StoreError> {
        self.records.read(|v| {
            let rows = v.officers()?.into_iter();
            rows.map(|row| {
                let grants = v.grants_of(&row.login)?.into_iter().map(GrantReport::from).collect();
                let has_secret = row.secret.is_some();
                let OfficerRow { login, name, node, ended, .. } = row;
                Ok(OfficerReport { login, name, node, ended, has_secret, grants })
            })
            .collect()
        })
    }

    /// Opens a session of an officer at a machine of his office.
    pub(crate) fn log_in(&self, caller: &Caller, login: &Login) -> Result<LoggedIn, Refusal> {
        let secret = Zeroizing::new(login.secret.clone());
        let officer = self.count_try(caller, &login.login)?;
        // A login that nobody has, or that has no secret yet, costs as much as one with a wrong secret.
        let stored = officer.as_ref().and_then(|row| row.secret.as_deref());
        let right = {
            // One at a time: 19 MiB each, and whoever guesses waits with the others.
            let _one = self.verifying.lock().unwrap_or_else(PoisonError::into_inner);
            PasswordHash::new(stored.unwrap_or(NOBODY))
                .is_ok_and(|hash| Argon2::default().verify_password(secret.as_bytes(), &hash).is_ok())
        };
        let Some(officer) = officer else {
            let known = self.has_officers(caller)?;
            return Err(if known { Refusal::LoginRefused } else { Refusal::OfficeWithoutOfficers });
        };
        if !right || officer.secret.is_none() {
            let (now, subject) = (self.now(), officer.login.clone());
            self.records
                .write(|v| v.audit(&event(caller.device, &officer.login, "login.refused", subject, now)))?;
            return Err(Refusal::LoginRefused);
        }
        self.begin_session(caller, &officer)
    }

    /// Counts a try before the secret is looked at, so that tries that come at once are tries one after another.
    /// None when there is nobody of that name at this office.
    fn count_try(&self, caller: &Caller, login: &str) -> Result<Option<OfficerRow>, Refusal> {
        let now = self.now();
        self.records.attempt(|v| {
            let officer = v.officer(login)?.filter(|row| !row.ended);
            // Another office's officer is nobody here: no machine learns of him, or locks him out.
            let Some(officer) = officer.filter(|row| self.require_office(caller, &row.node).is_ok()) else {
                return Ok(None);
            };
            if let Some(wait) = wait_left(&officer, now) {
                return Err(Refusal::LoginWait(wait));
            }
            v.set_wrong(login, officer.wrong.saturating_add(1), now)?;
            Ok(Some(officer))
        })
    }

    /// Officers of the machine's office are known here. Where none are, a counter works as before.
    fn has_officers(&self, caller: &Caller) -> Result<bool, Refusal> {
        let nodes = self.records.read(|v| v.nodes_of_officers())?;
        Ok(nodes.iter().any(|node| self.require_office(caller, node).is_ok()))
    }

    /// Begins the session of an officer whose secret was right, if he is still what he was when it was looked at.
    fn begin_session(&self, caller: &Caller, verified: &OfficerRow) -> Result<LoggedIn, Refusal> {
        let now = self.now();
        let (tokens, row) = fresh(&verified.login, caller, None, now)?;
        self.records.attempt(|v| {
            let still = v.officer(&verified.login)?;
            let still = still.filter(|row| !row.ended && row.secret == verified.secret);
            let officer = still.ok_or(Refusal::LoginRefused)?;
            v.set_wrong(&officer.login, 0, now)?;
            v.put_session(&row)?;
            v.audit(&event(caller.device, &officer.login, "login", officer.login.clone(), now))?;
            self.told_in(v, caller, &officer, tokens, &row)
        })
    }

    /// The next tokens of a session. A token goes once more as long as the one that followed it was not used: its answer
    /// may have been lost.
    pub(crate) fn go_on(&self, caller: &Caller, refresh: &str) -> Result<LoggedIn, Refusal> {
        let (now, presented) = (self.now(), token_hash(refresh));
        self.records.attempt(|v| {
            let held = v.session_by_refresh(&presented)?;
            let held = held.filter(|row| row.device == caller.device && now <= row.refresh_until);
            let officer = held.map(|row| v.officer(&row.officer)).transpose()?.flatten();
            let officer = officer.filter(|row| !row.ended).ok_or(Refusal::LoginExpired)?;
            self.require_office(caller, &officer.node)?;
            let (tokens, row) = fresh(&officer.login, caller, Some(presented), now)?;
            v.put_session(&row)?;
            self.told_in(v, caller, &officer, tokens, &row)
        })
    }

    /// The officer whose access token came with a request.
    pub(crate) fn session(&self, caller: &Caller, access: &str) -> Result<Session, Refusal> {
        let (now, hash) = (self.now(), token_hash(access));
        let today = now.day();
        let (officer, grants) = self.records.attempt(|v| {
            let held = v.session_by_access(&hash)?;
            let held = held.filter(|row| row.device == caller.device && now <= row.access_until);
            let officer = held.map(|row| v.officer(&row.officer)).transpose()?.flatten();
            let officer = officer.filter(|row| !row.ended).ok_or(Refusal::LoginExpired)?;
            let grants = v.grants_of(&officer.login)?;
            Ok::<_, Refusal>((officer, grants))
        })?;
        let grants: Vec<GrantRow> = grants.into_iter().filter(|grant| grant.holds_on(today)).collect();
        let reference = self.reference().map_err(|_| Refusal::StorageTrouble)?;
        let (mut scope, mut figures) = (BTreeSet::new(), BTreeSet::new());
        for grant in &grants {
            let reach = reference.as_ref().map(|r| r.tree.reach(&grant.node, today)).unwrap_or_default();
            match sight(grant.role) {
                Sight::People => {
                    figures.extend(reach.iter().cloned());
                    scope.extend(reach);
                }
                Sight::Figures => figures.extend(reach),
                Sight::Nothing => {}
            }
        }
        // The lists, officers and machines are of no field.
        let own = grants.into_iter().filter(|g| g.role == Role::Administrator && g.procedures.is_none());
        Ok(Session {
            officer: officer.login,
            scope: Scope::of(scope),
            figures: Scope::of(figures),
            administers: own.map(|grant| grant.node).collect(),
        })
    }

    /// The officer stops working at the calling machine. A token that leads nowhere any more is as good as ended.
    pub(crate) fn log_out(&self, caller: &Caller, refresh: &str) -> Result<(), Refusal> {
        let (now, presented) = (self.now(), token_hash(refresh));
        Ok(self.records.write(|v| {
            let held = v.session_by_refresh(&presented)?.filter(|row| row.device == caller.device);
            let Some(row) = held else { return Ok(()) };
            v.end_session(&row.officer, row.device)?;
            v.audit(&event(caller.device, &row.officer, "logout", row.officer.clone(), now))
        })?)
    }

    /// Officer and machine belong to the same office.
    fn require_office(&self, caller: &Caller, node: &str) -> Result<(), Refusal> {
        let reference = self.reference().map_err(|_| Refusal::StorageTrouble)?;
        let agency = reference.and_then(|r| r.tree.agency_of(node, self.now().day()));
        if agency.is_some_and(|agency| caller.office.contains(&agency)) {
            Ok(())
        } else {
            Err(Refusal::OfficerOfOtherOffice)
        }
    }

    fn told_in(
        &self,
        view: &View<'_>,
        caller: &Caller,
        officer: &OfficerRow,
        tokens: Tokens,
        row: &SessionRow,
    ) -> Result<LoggedIn, Refusal> {
        let (now, reference) = (self.now(), self.reference().map_err(|_| Refusal::StorageTrouble)?);
        let today = now.day();
        let grants = view.grants_of(&officer.login)?.into_iter().filter(|g| g.holds_on(today));
        let (mut roles, mut here) = (BTreeSet::new(), BTreeSet::new());
        for grant in grants {
            roles.insert(grant.role);
            if reference.as_ref().is_some_and(|r| r.tree.reach(&grant.node, today).contains(&caller.agency)) {
                here.insert(grant.role);
            }
        }
        Ok(LoggedIn {
            officer: officer.login.clone(),
            name: officer.name.clone(),
            roles: roles.into_iter().collect(),
            here: here.into_iter().collect(),
            time: now,
            access: tokens.access,
            access_until: row.access_until,
            refresh: tokens.refresh,
            refresh_until: row.refresh_until,
        })
    }
}

struct Tokens {
    access: String,
    refresh: String,
}

fn fresh(
    login: &str,
    caller: &Caller,
    former: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<(Tokens, SessionRow), StoreError> {
    let token = || crate::enrol::random::<32>().map(hex::encode);
    let tokens = Tokens { access: token()?, refresh: token()? };
    let row = SessionRow {
        officer: login.to_owned(),
        device: caller.device,
        access: token_hash(&tokens.access),
        access_until: Timestamp(now.0 + ACCESS_MS),
        refresh: token_hash(&tokens.refresh),
        former,
        refresh_until: Timestamp(now.0 + REFRESH_MS),
    };
    Ok((tokens, row))
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"motcua token v1\0").chain_update(token).finalize().into()
}

/// Seconds until the next try.
fn wait_left(row: &OfficerRow, now: Timestamp) -> Option<u32> {
    let over = row.wrong.checked_sub(FREE_TRIES)?;
    let wait = FIRST_WAIT_MS.saturating_mul(1 << over.min(10)).min(LONGEST_WAIT_MS);
    let left = row.wrong_at.0.saturating_add(wait).saturating_sub(now.0);
    (left > 0).then(|| u32::try_from(left / 1000 + 1).unwrap_or(u32::MAX))
}

/// Verified in place of an officer who is not there, or has no secret yet.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hash(secret: &Zeroizing<String>) -> Result<String, OfficerError> {
    if secret.chars().count() < SHORTEST_SECRET || secret.len() > LONGEST {
        return Err(OfficerError::Secret);
    }
    let salt = SaltString::encode_b64(&crate::enrol::random::<16>()?).map_err(|_| StoreError::Identifier)?;
    let hash = Argon2::default().hash_password(secret.as_bytes(), &salt);
    Ok(hash.map_err(|_| StoreError::Identifier)?.to_string())
}
