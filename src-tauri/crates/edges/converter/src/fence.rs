//! What the child may not do: reach the network, take the machine's memory, outlive this program.

use std::io;

/// Memory the child may map, in bytes. LibreOffice maps about one GiB for a file of a few pages.
const MEMORY: u64 = 4 * 1024 * 1024 * 1024;
/// Largest file it may write.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Does this system keep the child from the network.
pub(crate) const FENCED: bool =
    cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));

/// To be called between fork and exec of the child: allocates nothing and calls the system only.
///
/// # Errors
/// A limit could not be set; the child is not started then.
pub(crate) fn close(seconds: u64) -> io::Result<()> {
    limit(libc::RLIMIT_CORE, 0)?;
    limit(libc::RLIMIT_FSIZE, LARGEST)?;
    limit(libc::RLIMIT_CPU, seconds)?;
    #[cfg(not(target_os = "macos"))]
    limit(libc::RLIMIT_AS, MEMORY)?;
    // SAFETY: sets the mask of files the child makes from now on.
    unsafe { libc::umask(0o077) };
    #[cfg(target_os = "linux")]
    {
        // SAFETY: plain numbers; the child dies with the thread that started it.
        check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })?;
        // SAFETY: plain numbers; needed before a filter may be set without privileges.
        check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    }
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    filter::close()?;
    Ok(())
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Limit = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
type Limit = libc::c_int;

fn limit(which: Limit, most: u64) -> io::Result<()> {
    let both = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the pointer is to a value that outlives the call.
    check(unsafe { libc::setrlimit(which, &raw const both) })
}

fn check(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A seccomp filter (Linux 3.5 and later): no socket but local ones, whoever of the child's children asks.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod filter {
    use std::io;

    #[cfg(target_arch = "x86_64")]
    const ARCH: u32 = 0xC000_003E;
    #[cfg(target_arch = "aarch64")]
    const ARCH: u32 = 0xC000_00B7;
    /// Calls of the x32 kind, which have numbers of their own.
    const X32: u32 = 0x4000_0000;
    const IO_URING_SETUP: u32 = 425;

    /// Offsets in `struct seccomp_data`.
    const NUMBER: u32 = 0;
    const ARCHITECTURE: u32 = 4;
    const FIRST_ARGUMENT: u32 = 16;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    const fn load(at: u32) -> libc::sock_filter {
        libc::sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: at }
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn equal(value: u32, yes: u8, no: u8) -> libc::sock_filter {
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        libc::sock_filter { code, jt: yes, jf: no, k: value }
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn at_least(value: u32, yes: u8, no: u8) -> libc::sock_filter {
        let code = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
        libc::sock_filter { code, jt: yes, jf: no, k: value }
    }

    #[allow(clippy::cast_possible_truncation)]
    const fn answer(value: u32) -> libc::sock_filter {
        libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: value }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    const PROGRAM: [libc::sock_filter; 14] = [
        load(ARCHITECTURE),
        equal(ARCH, 1, 0),
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        at_least(X32, 8, 0),
        equal(IO_URING_SETUP, 7, 0),
        equal(libc::SYS_ptrace as u32, 6, 0),
        equal(libc::SYS_process_vm_readv as u32, 5, 0),
        // Whoever answers on a local socket, as the user's session does, would start programs outside the fence.
        equal(libc::SYS_connect as u32, 4, 0),
        equal(libc::SYS_socket as u32, 0, 2),
        load(FIRST_ARGUMENT),
        equal(libc::AF_UNIX as u32, 0, 1),
        answer(libc::SECCOMP_RET_ALLOW),
        answer(libc::SECCOMP_RET_ERRNO | libc::EACCES as u32),
    ];

    pub(super) fn close() -> io::Result<()> {
        let mut program = PROGRAM;
        let filter = libc::sock_fprog { len: 14, filter: program.as_mut_ptr() };
        // SAFETY: the kernel copies the program during the call; both values outlive it.
        let set =
            unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter, 0, 0) };
        super::check(set)
    }
}
