import { expect, it, vi } from "vitest";
import type { Dossier } from "../src/bridge/bridge";

// The fake reads its scene from the address when it is loaded.
async function papers(scene: string, id = "d1") {
  vi.resetModules();
  vi.stubGlobal("location", { search: `?scene=${scene}`, hash: "" });
  const [{ bridge }, { progress }] = await Promise.all([import("../src/bridge/fake"), import("../src/screens/dossier/progress")]);
  return { dossier: await bridge.dossier({ id }), progress };
}
const states = (at: { steps: { name: string; state: string }[] }) => at.steps.map((step) => `${step.name} ${step.state}`);

it("the five steps come from the dossier, in the order of the source documents", async () => {
  const { dossier, progress } = await papers("");
  expect(progress(dossier).steps.map((step) => step.name)).toEqual(["identity", "check", "digitize", "attach", "sign"]);
  const unasked: Dossier = { ...dossier, identity: { ...dossier.identity, outcome: "notAsked" } };
  expect(progress(unasked)).toMatchObject({ todo: "progress_todo_identity", key: "" });
  expect(progress(dossier)).toMatchObject({ todo: "progress_todo_warehouse", key: "F4" });
});

it("a step nobody waits for holds up no other", async () => {
  const { dossier, progress } = await papers("");
  const offline: Dossier = { ...dossier, identity: { ...dossier.identity, outcome: "offline" } };
  expect(states(progress(offline))[0]).toBe("identity later");
  expect(progress(offline).todo).not.toBe("progress_todo_identity");
});

it("what is done is told by the papers, and the last key accepts", async () => {
  const { dossier, progress } = await papers("complete");
  expect(states(progress(dossier))).toEqual(["identity done", "check done", "digitize done", "attach done", "sign done"]);
  expect(progress(dossier)).toMatchObject({ todo: "progress_todo_accept", key: "F9" });
  const unsaid: Dossier = { ...dossier, problems: [{ field: "consent", code: "reuseNotConfirmed" }] };
  expect(progress(unsaid)).toMatchObject({ todo: "progress_todo_consent", key: "Ctrl+D" });
});

it("a share is printed with two decimals, half up", async () => {
  const { percentOf } = await import("../src/screens/book/book");
  expect([percentOf(1, 306), percentOf(156, 3480), percentOf(1, 1), percentOf(0, 3), percentOf(1, 3)]).toEqual(["0,33", "4,48", "100", "0", "33,33"]);
});

it("a sample paper of the source documents stands on its row as printed", async () => {
  const { dossier } = await papers("");
  const { m } = await import("#text");
  const row = dossier.components[0];
  expect(m.paper_name({ name: row?.name ?? "", form: m.form_original() })).toBe("Đơn đăng ký hoạt động (Kiểm tra) (Bản chính.)");
});

it("asked again after the account was opened, the papers of the warehouse come by themselves", async () => {
  await papers("notRegistered");
  const { DossierDesk } = await import("../src/screens/dossier/desk.svelte");
  const desk = new DossierDesk("d1");
  await desk.load();
  expect(desk.dossier?.identity).toMatchObject({ outcome: "notRegistered", guide: { key: "identity" } });
  await desk.recheck();
  expect(desk.dossier?.identity.outcome).toBe("registered");
  expect(desk.auto?.rows.some((row) => row.outcome === "attached")).toBe(true);
  expect(desk.dossier?.components.some((row) => row.attachment?.source === "warehouse")).toBe(true);
});
