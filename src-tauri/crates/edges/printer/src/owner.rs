//! Under whose name this program prints.

use std::ffi::CStr;

/// Most bytes an entry of the user database takes.
const ROOM: usize = 16 * 1024;

/// Login name of the user this program runs as; CUPS knows the same one by the socket.
pub(crate) fn login() -> Option<String> {
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::zeroed();
    let mut room: Vec<libc::c_char> = vec![0; ROOM];
    let mut found = std::ptr::null_mut();
    // SAFETY: every pointer is to memory of ours that outlives the call, `room` as long as it is said to be.
    let failed = unsafe {
        libc::getpwuid_r(libc::geteuid(), entry.as_mut_ptr(), room.as_mut_ptr(), room.len(), &raw mut found)
    };
    if failed != 0 || found.is_null() {
        return None;
    }
    // SAFETY: the call filled the entry, its name is a text that ends within `room`.
    let name = unsafe { CStr::from_ptr((*found).pw_name) };
    name.to_str().ok().map(str::to_owned)
}
