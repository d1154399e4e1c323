//! What the module's answers (`CKR_…`) mean to an officer.

use crate::message::Fault;
use cryptoki_sys::*;

/// An answer other than `CKR_OK`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Answer(pub(super) CK_RV);

impl Answer {
    /// The token is no longer where it was.
    pub(super) fn is_removal(self) -> bool {
        matches!(
            self.0,
            CKR_DEVICE_REMOVED
                | CKR_TOKEN_NOT_PRESENT
                | CKR_SESSION_HANDLE_INVALID
                | CKR_SESSION_CLOSED
                | CKR_SLOT_ID_INVALID
        )
    }

    /// Meaning before a login was tried: a token that is gone was never begun with.
    pub(super) fn before_work(self) -> Fault {
        if self.is_removal() { Fault::NoToken } else { Fault::Device(self.name()) }
    }

    /// Meaning once work has begun. PIN answers are `login`'s to judge.
    pub(super) fn during_work(self) -> Fault {
        match self.0 {
            _ if self.is_removal() => Fault::Removed,
            CKR_FUNCTION_CANCELED | CKR_CANCEL => Fault::Cancelled,
            _ => Fault::Device(self.name()),
        }
    }

    /// Its name by the standard, or its number for a maker's own.
    pub(super) fn name(self) -> String {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map_or_else(|| format!("CKR_{:#010X}", self.0), |(_, name)| (*name).into())
    }
}

macro_rules! names {
    ($($name:ident)*) => { &[$(($name, stringify!($name))),*] };
}

const NAMES: &[(CK_RV, &str)] = names! {
    CKR_CANCEL CKR_HOST_MEMORY CKR_SLOT_ID_INVALID CKR_GENERAL_ERROR CKR_FUNCTION_FAILED
    CKR_ARGUMENTS_BAD CKR_NO_EVENT CKR_NEED_TO_CREATE_THREADS CKR_CANT_LOCK CKR_ATTRIBUTE_READ_ONLY
    CKR_ATTRIBUTE_SENSITIVE CKR_ATTRIBUTE_TYPE_INVALID CKR_ATTRIBUTE_VALUE_INVALID
    CKR_ACTION_PROHIBITED CKR_DATA_INVALID CKR_DATA_LEN_RANGE CKR_DEVICE_ERROR CKR_DEVICE_MEMORY
    CKR_DEVICE_REMOVED CKR_FUNCTION_CANCELED CKR_FUNCTION_NOT_PARALLEL CKR_FUNCTION_NOT_SUPPORTED
    CKR_KEY_HANDLE_INVALID CKR_KEY_SIZE_RANGE CKR_KEY_TYPE_INCONSISTENT
    CKR_KEY_FUNCTION_NOT_PERMITTED CKR_MECHANISM_INVALID CKR_MECHANISM_PARAM_INVALID
    CKR_OBJECT_HANDLE_INVALID CKR_OPERATION_ACTIVE CKR_OPERATION_NOT_INITIALIZED CKR_PIN_INCORRECT
    CKR_PIN_INVALID CKR_PIN_LEN_RANGE CKR_PIN_EXPIRED CKR_PIN_LOCKED CKR_SESSION_CLOSED
    CKR_SESSION_COUNT CKR_SESSION_HANDLE_INVALID CKR_SESSION_PARALLEL_NOT_SUPPORTED
    CKR_SESSION_READ_ONLY CKR_SESSION_EXISTS CKR_TEMPLATE_INCOMPLETE CKR_TEMPLATE_INCONSISTENT
    CKR_TOKEN_NOT_PRESENT CKR_TOKEN_NOT_RECOGNIZED CKR_TOKEN_WRITE_PROTECTED
    CKR_USER_ALREADY_LOGGED_IN CKR_USER_NOT_LOGGED_IN CKR_USER_PIN_NOT_INITIALIZED
    CKR_USER_TYPE_INVALID CKR_USER_ANOTHER_ALREADY_LOGGED_IN CKR_USER_TOO_MANY_TYPES
    CKR_BUFFER_TOO_SMALL CKR_CRYPTOKI_NOT_INITIALIZED CKR_CRYPTOKI_ALREADY_INITIALIZED
    CKR_MUTEX_BAD CKR_FUNCTION_REJECTED CKR_VENDOR_DEFINED
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_function_is_never_told_as_a_pin_error() {
        for answer in [CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR, CKR_GENERAL_ERROR] {
            assert!(matches!(Answer(answer).during_work(), Fault::Device(_)), "{answer} is the device's");
        }
        assert_eq!(Answer(0x8000_0042).name(), "CKR_0x80000042", "a maker's own answer keeps its number");
    }

    #[test]
    fn removal_means_no_token_before_work_and_removed_during_it() {
        for answer in [CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_SESSION_HANDLE_INVALID] {
            assert_eq!(Answer(answer).before_work(), Fault::NoToken);
            assert_eq!(Answer(answer).during_work(), Fault::Removed);
        }
    }
}
