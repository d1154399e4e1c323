/** What an officer does at the counter, as the window hears it. */
const INPUT = ["keydown", "pointerdown", "pointermove", "wheel"] as const;
const CHECK = 5_000;

interface Watched {
  /** Milliseconds without input until `idle` is asked. */
  after: number;
  /** The machine's clock, so that a sleeping machine counts as idle. */
  now: () => number;
  /** Where input is heard. */
  target: EventTarget;
  /** Nothing was typed; false when there is a reason to wait once more. */
  idle: () => Promise<boolean>;
}

/** Watches for input from now on; returns how to stop. */
export function watchIdle({ after, now, target, idle }: Watched): () => void {
  let last = now();
  let asking = false;
  const touched = () => (last = now());
  const timer = setInterval(() => void check(), CHECK);
  for (const name of INPUT) target.addEventListener(name, touched, { capture: true, passive: true });

  async function check() {
    // The clock was set back: counted from where it stands now.
    if (now() < last) touched();
    if (asking || now() - last < after) return;
    asking = true;
    try {
      if (!(await idle())) touched();
    } finally {
      asking = false;
    }
  }

  return () => {
    clearInterval(timer);
    for (const name of INPUT) target.removeEventListener(name, touched, { capture: true });
  };
}
