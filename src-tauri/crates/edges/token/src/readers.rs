//! Smart card readers as PC/SC sees them, for diagnostics.

use pcsc::{Context, Error, ReaderState, Scope, State};

/// A reader plugged into this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    /// Its name by PC/SC.
    pub name: String,
    /// Whether a card or token is in it.
    pub card: bool,
}

/// Why readers cannot be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The smart card service (pcscd) is not running.
    #[error("smart card service is not running")]
    NoService,
    /// Another answer of PC/SC.
    #[error("smart card service failed: {0}")]
    Service(Error),
}

/// Lists the readers; none plugged in is an empty list.
///
/// # Errors
/// The service does not run or does not answer.
pub fn readers() -> Result<Vec<Reader>, ReaderError> {
    let context = Context::establish(Scope::User).map_err(explain)?;
    let names = match context.list_readers_owned() {
        Err(Error::NoReadersAvailable) => return Ok(Vec::new()),
        names => names.map_err(explain)?,
    };
    let mut states: Vec<_> = names.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect();
    if states.is_empty() {
        return Ok(Vec::new());
    }
    context.get_status_change(std::time::Duration::ZERO, &mut states).map_err(explain)?;
    Ok(states
        .iter()
        .map(|state| Reader {
            name: state.name().to_string_lossy().into_owned(),
            card: state.event_state().contains(State::PRESENT),
        })
        .collect())
}

fn explain(error: Error) -> ReaderError {
    match error {
        Error::NoService | Error::ServiceStopped => ReaderError::NoService,
        error => ReaderError::Service(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_the_smart_card_service_is_told_so_and_nothing_breaks() {
        match readers() {
            Ok(_) | Err(ReaderError::NoService | ReaderError::Service(_)) => {}
        }
        assert_eq!(explain(Error::NoService), ReaderError::NoService);
    }
}
