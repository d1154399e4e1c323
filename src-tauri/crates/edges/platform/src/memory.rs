//! What the allocator keeps for itself.

/// Has freed buffers go back to the system at once, and not wait in the allocator for the next one.
///
/// A page in colour takes 11 MB. With glibc's own settings the first one freed raises the bound above which a
/// buffer is mapped by itself (`mallopt(3)`, "dynamic mmap threshold"), and from then on each thread that opened a
/// page keeps that much for good, a dozen times over in a morning. To be called before the first thread is
/// started. Where there is no glibc nothing is done.
pub fn give_back_large_buffers() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (setting, value) in
        [(libc::M_MMAP_THRESHOLD, 1 << 20), (libc::M_TRIM_THRESHOLD, 1 << 20), (libc::M_ARENA_MAX, 4)]
    {
        // SAFETY: two numbers, no pointer; glibc takes its own lock while it sets them.
        unsafe { libc::mallopt(setting, value) };
    }
}
