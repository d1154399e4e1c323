//! The worker process seen from the program: started, asked with a time limit, stopped.

use crate::message::{Reply, Request};
use motcua_desk::ports::TokenError;
use motcua_wire::{FrameError, SECRET_VARIABLES, read_frame, write_frame};
use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// How to start the worker: normally this very program with `worker token`.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Added to its environment, such as `SOFTHSM2_CONF`.
    pub env: Vec<(String, String)>,
}

/// A running worker. Dropping it stops the process.
pub(crate) struct Worker {
    child: Child,
    jobs: mpsc::Sender<Job>,
}

/// One question to the worker. Bodies may hold a PIN and are wiped after use.
struct Job {
    request: Request,
    body: Zeroizing<Vec<u8>>,
    answer: oneshot::Sender<Result<(Reply, Vec<u8>), FrameError>>,
}

impl Worker {
    /// Starts the process and the thread that talks to it.
    ///
    /// The thread also starts the process: on Linux the worker dies with the thread it was started
    /// by, so that thread must live as long as the worker.
    pub(crate) async fn start(command: WorkerCommand) -> io::Result<Self> {
        let (started, starting) = oneshot::channel();
        let (jobs, queue) = mpsc::channel();
        thread::Builder::new().name("token worker".into()).spawn(move || talk(&command, started, &queue))?;
        let child = starting.await.map_err(|_| io::Error::other("token thread ended"))??;
        Ok(Self { child, jobs })
    }

    /// Whether the process still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks and waits at most `limit`. After an error the worker is of no further use.
    pub(crate) async fn ask(
        &mut self,
        request: Request,
        body: Zeroizing<Vec<u8>>,
        limit: Duration,
    ) -> Result<(Reply, Vec<u8>), TokenError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { request, body, answer }).map_err(|_| TokenError::Crashed)?;
        match tokio::time::timeout(limit, answered).await {
            Ok(Ok(Ok(reply))) => Ok(reply),
            Ok(_) => Err(TokenError::Crashed),
            Err(_) => Err(TokenError::Hung),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn talk(command: &WorkerCommand, started: oneshot::Sender<io::Result<Child>>, queue: &mpsc::Receiver<Job>) {
    let mut process = Command::new(&command.program);
    process.args(&command.args).envs(command.env.iter().map(|(name, value)| (name, value)));
    for secret in SECRET_VARIABLES {
        process.env_remove(secret);
    }
    let child = process
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What a maker's module prints is not ours to keep; it may name persons.
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let pipes = child.stdin.take().zip(child.stdout.take());
    if let Err(Ok(mut child)) = started.send(Ok(child)) {
        // The caller went away meanwhile.
        let _ = child.kill();
        let _ = child.wait();
        return;
    }
    let Some((mut to, mut from)) = pipes else { return };
    while let Ok(job) = queue.recv() {
        let answer = write_frame(&mut to, &job.request, &job.body).and_then(|()| read_frame(&mut from));
        drop(job.body);
        let broken = answer.is_err();
        let _ = job.answer.send(answer);
        if broken {
            return;
        }
    }
}
