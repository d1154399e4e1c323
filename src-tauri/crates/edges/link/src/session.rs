//! Under whose name things are looked up. Tokens live here, in memory, and nowhere else.

use crate::answer::json;
use crate::warehouse::{HttpWarehouse, QUICK, send};
use motcua_desk::ports::{KnownOfficer, LinkError};
use motcua_wire::{LoggedIn, Login, RefreshLogin};
use reqwest::{Method, RequestBuilder, Response};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The next token is asked for so long before the present one ends.
const BEFORE_ITS_END: Duration = Duration::from_secs(60);
/// Sessions that ended here and that the warehouse was not told of; older ones end by themselves there.
const UNTOLD: usize = 8;

/// Who works at this machine, as far as the warehouse was told.
#[derive(Default)]
pub(crate) struct Sessions {
    state: Mutex<State>,
    /// One refresh at a time: each token is good once.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Rises with every login and logout: an answer that comes after one is not of the present officer.
    turn: u64,
    open: Option<Open>,
    /// Refresh tokens of sessions that ended here.
    ended: Vec<Zeroizing<String>>,
}

struct Open {
    officer: KnownOfficer,
    access: Zeroizing<String>,
    refresh: Zeroizing<String>,
    fresh_until: Instant,
}

impl Open {
    fn of(told: LoggedIn) -> Self {
        let left = told.access_until.0.saturating_sub(told.time.0);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).saturating_sub(BEFORE_ITS_END);
        Self {
            officer: KnownOfficer { login: told.officer, name: told.name, roles: told.here },
            access: Zeroizing::new(told.access),
            refresh: Zeroizing::new(told.refresh),
            fresh_until: Instant::now() + left,
        }
    }
}

impl Sessions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn officer(&self) -> Option<KnownOfficer> {
        self.state().open.as_ref().map(|open| open.officer.clone())
    }

    /// Ends what is open; says which turn begins.
    pub(crate) fn end(&self) -> u64 {
        let mut state = self.state();
        state.turn += 1;
        if let Some(open) = state.open.take() {
            state.ended.push(open.refresh);
        }
        if state.ended.len() > UNTOLD {
            state.ended.remove(0);
        }
        state.turn
    }

    /// Takes what the warehouse gave for that turn; for one that is over it is ended at once.
    fn take(&self, turn: u64, told: LoggedIn) {
        let open = Open::of(told);
        let mut state = self.state();
        if state.turn == turn {
            state.open = Some(open);
        } else {
            state.ended.push(open.refresh);
        }
    }

    /// The token of a request: none when nobody is known, or he is nobody the warehouse would answer that, or when it
    /// has to be refreshed first.
    fn token(&self, asked: Asked) -> Token {
        let may = |officer: &KnownOfficer| match asked {
            Asked::OfPeople => officer.looks_people_up(),
            Asked::OfLists => officer.administers(),
        };
        match &self.state().open {
            Some(open) if !may(&open.officer) => Token::None,
            Some(open) if Instant::now() < open.fresh_until => Token::Fresh(open.access.clone()),
            Some(_) => Token::Old,
            None => Token::None,
        }
    }
}

/// What a request is about. An administrator looks nobody up; of people the machine asks for him then, as before he came.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    OfPeople,
    OfLists,
}

enum Token {
    None,
    Fresh(Zeroizing<String>),
    Old,
}

impl HttpWarehouse {
    pub(crate) async fn open_session(
        &self,
        login: &str,
        secret: &Zeroizing<String>,
    ) -> Result<KnownOfficer, LinkError> {
        let turn = self.sessions.end();
        let wish = Login { login: login.to_owned(), secret: secret.to_string() };
        let asked = self.request(Method::POST, &["login"])?.json(&wish);
        drop(Zeroizing::new(wish.secret));
        let told: LoggedIn = json(send(asked, QUICK).await?).await?;
        let known =
            KnownOfficer { login: told.officer.clone(), name: told.name.clone(), roles: told.here.clone() };
        self.sessions.take(turn, told);
        Ok(known)
    }

    /// Sends what an officer asks for: under his name while the warehouse knows him, else under the machine's.
    pub(crate) async fn send_as_officer(
        &self,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<Response, LinkError> {
        self.send_as(Asked::OfPeople, request, limit).await
    }

    /// The same of whatever is asked for.
    pub(crate) async fn send_as(
        &self,
        asked: Asked,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<Response, LinkError> {
        let Some(access) = self.access(asked, None).await else { return send(request, limit).await };
        let again = request.try_clone();
        let answer = send(request.bearer_auth(access.as_str()), limit).await;
        match (answer, again) {
            (Err(LinkError::Refused(code)), Some(again)) if is_of_the_session(&code) => {
                match self.access(asked, Some(&access)).await {
                    Some(access) => match send(
                        again.try_clone().ok_or(LinkError::Malformed)?.bearer_auth(access.as_str()),
                        limit,
                    )
                    .await
                    {
                        Err(LinkError::Refused(code)) if is_of_the_session(&code) => {
                            self.sessions.end();
                            send(again, limit).await
                        }
                        answer => answer,
                    },
                    None => send(again, limit).await,
                }
            }
            (answer, _) => answer,
        }
    }

    /// A token that is good now; another one than `refused`.
    async fn access(&self, asked: Asked, refused: Option<&Zeroizing<String>>) -> Option<Zeroizing<String>> {
        let usable = |token: Token| match token {
            Token::Fresh(access) if refused.is_none_or(|refused| **refused != *access) => Some(access),
            _ => None,
        };
        match self.sessions.token(asked) {
            Token::None => return None,
            token => {
                if let Some(access) = usable(token) {
                    return Some(access);
                }
            }
        }
        let _alone = self.sessions.refreshing.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(access) = usable(self.sessions.token(asked)) {
            return Some(access);
        }
        let (turn, refresh) = {
            let state = self.sessions.state();
            (state.turn, state.open.as_ref()?.refresh.to_string())
        };
        let renewal = self.request(Method::POST, &["login", "refresh"]).ok()?.json(&RefreshLogin { refresh });
        let told: Result<LoggedIn, LinkError> = match send(renewal, QUICK).await {
            Ok(answer) => json(answer).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(told) => {
                self.sessions.take(turn, told);
                usable(self.sessions.token(asked))
            }
            Err(LinkError::Refused(_)) => {
                if self.sessions.state().turn == turn {
                    self.sessions.end();
                }
                None
            }
            Err(error) => {
                tracing::debug!(%error, "session of the officer was not refreshed");
                None
            }
        }
    }

    pub(crate) async fn tell_ended(&self) -> Result<(), LinkError> {
        loop {
            let Some(refresh) = self.sessions.state().ended.last().cloned() else { return Ok(()) };
            let wish = RefreshLogin { refresh: refresh.to_string() };
            match send(self.request(Method::POST, &["logout"])?.json(&wish), QUICK).await {
                // What is refused now is refused always.
                Ok(_) | Err(LinkError::Refused(_)) => {
                    self.sessions.state().ended.retain(|ended| *ended != refresh);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_of_the_session(code: &str) -> bool {
    matches!(code, "loginExpired" | "officerOfOtherOffice")
}
