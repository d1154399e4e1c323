//! Whole counters on one thread with a clock that jumps: the same seed plays the same day.
//!
//! Tasks are polled one at a time, which of the ready ones is decided by the dice; when none is ready,
//! time jumps to the next sleeper. Nothing here waits for the real clock, and nothing runs beside.

use async_trait::async_trait;
use motcua_desk::ports::Clock;
use motcua_dossier::Timestamp;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// So many polls without time passing are a busy loop.
const BUSY: u32 = 200_000;

/// Chance that a seed decides.
#[derive(Clone)]
pub struct Dice(Arc<Mutex<u64>>);

impl Dice {
    /// The throws of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// Further dice that do not disturb these.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self::of(self.throw())
    }

    /// 64 bits (SplitMix64).
    #[must_use]
    pub fn throw(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0.
    #[must_use]
    pub fn below(&self, n: u64) -> u64 {
        self.throw() % n
    }

    /// True so many times in a thousand.
    #[must_use]
    pub fn per_mille(&self, n: u64) -> bool {
        self.below(1000) < n
    }

    /// From `low` to `high` milliseconds.
    #[must_use]
    pub fn millis(&self, low: u64, high: u64) -> Duration {
        Duration::from_millis(low + self.below(high - low + 1))
    }
}

#[derive(Default)]
struct Line {
    /// Milliseconds since the beginning.
    now: i64,
    sleepers: BTreeMap<(i64, u64), Waker>,
    next: u64,
}

/// The time all counters of a simulation share.
#[derive(Clone, Default)]
pub struct Timeline(Arc<Mutex<Line>>);

impl Timeline {
    /// Milliseconds since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> i64 {
        self.line().now
    }

    /// Waits in simulated time.
    pub async fn sleep(&self, time: Duration) {
        let wait = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let until = self.line().now.saturating_add(wait.max(1));
        Sleep { line: self.clone(), until, at: None }.await;
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sleep {
    line: Timeline,
    until: i64,
    at: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timeline = self.line.clone();
        let mut line = timeline.line();
        if line.now >= self.until {
            return Poll::Ready(());
        }
        let at = *self.at.get_or_insert_with(|| {
            line.next += 1;
            line.next
        });
        line.sleepers.insert((self.until, at), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            self.line.line().sleepers.remove(&(self.until, at));
        }
    }
}

/// A machine's clock on a shared timeline, as wrong as it was set.
pub struct SkewedClock {
    timeline: Timeline,
    base: Timestamp,
    skew: AtomicI64,
}

impl SkewedClock {
    /// A clock that shows `base` at the beginning.
    #[must_use]
    pub fn at(base: Timestamp, timeline: Timeline) -> Self {
        Self { timeline, base, skew: AtomicI64::new(0) }
    }

    /// Is set by a hand, forwards or back.
    pub fn jump(&self, millis: i64) {
        self.skew.fetch_add(millis, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.base.0 + self.timeline.elapsed() + self.skew.load(Ordering::Relaxed))
    }

    async fn sleep(&self, time: Duration) {
        self.timeline.sleep(time).await;
    }
}

struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    ready: Arc<Ready>,
}

/// A task of a [`Simulation`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TaskId(u64);

/// Tasks on a timeline.
pub struct Simulation {
    timeline: Timeline,
    dice: Dice,
    tasks: BTreeMap<TaskId, Task>,
    next: u64,
}

impl Simulation {
    /// No tasks, at the beginning of time.
    #[must_use]
    pub fn new(dice: Dice) -> Self {
        Self { timeline: Timeline::default(), dice, tasks: BTreeMap::new(), next: 0 }
    }

    /// Its time.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.timeline.clone()
    }

    /// Adds a task; it runs with the others.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> TaskId {
        self.next += 1;
        let ready = Arc::new(Ready(AtomicBool::new(true)));
        self.tasks.insert(TaskId(self.next), Task { future: Box::pin(future), ready });
        TaskId(self.next)
    }

    /// Ends a task wherever it waits, as a crash does. True when it was still running.
    pub fn kill(&mut self, task: TaskId) -> bool {
        self.tasks.remove(&task).is_some()
    }

    /// Runs for so long in simulated time.
    pub fn run(&mut self, time: Duration) {
        let until = self.timeline.elapsed() + i64::try_from(time.as_millis()).unwrap_or(0);
        let mut polls = 0;
        loop {
            let ready: Vec<TaskId> = self
                .tasks
                .iter()
                .filter(|(_, t)| t.ready.0.load(Ordering::Acquire))
                .map(|(id, _)| *id)
                .collect();
            if ready.is_empty() {
                if !self.jump(until) {
                    return;
                }
                polls = 0;
                continue;
            }
            polls += 1;
            assert!(polls < BUSY, "the tasks turn in circles without time passing");
            let chosen = ready[usize::try_from(self.dice.below(ready.len() as u64)).unwrap_or(0)];
            self.poll(chosen);
        }
    }

    fn poll(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.ready.0.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&task.ready));
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks.remove(&id);
        }
    }

    /// To the next sleeper, at most to `until`. False at the end.
    fn jump(&self, until: i64) -> bool {
        let mut line = self.timeline.line();
        let Some(((at, _), _)) = line.sleepers.first_key_value() else {
            line.now = until;
            return false;
        };
        if *at > until {
            line.now = until;
            return false;
        }
        line.now = line.now.max(*at);
        let now = line.now;
        let later = line.sleepers.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut line.sleepers, later);
        drop(line);
        due.into_values().for_each(Waker::wake);
        true
    }
}
