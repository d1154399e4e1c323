/** Where the officer is. Addresses carry identifiers of the desk only, never personal data. */
export type Route =
  | { name: "home" }
  | { name: "new" }
  | { name: "returns" }
  | { name: "outbox" }
  | { name: "fees" }
  | { name: "book" }
  | { name: "bench" }
  | { name: "supervise" }
  | { name: "feedback" }
  | { name: "admin" }
  | { name: "reconcile" }
  | { name: "conflict"; op: string }
  | { name: "dossier"; id: string; tab: DossierTab }
  | { name: "capture"; id: string; component: number }
  | { name: "sign"; id: string; components: number[] };

export type DossierTab = "papers" | "receipt" | "steps" | "result";

const TABS: readonly string[] = ["papers", "receipt", "steps", "result"];

export function parse(hash: string): Route {
  const [place = "", id = "", act = "", rest = ""] = hash.replace(/^#\/?/, "").split("/");
  if (place === "new" || place === "returns" || place === "outbox" || place === "fees" || place === "book" || place === "bench" || place === "supervise" || place === "feedback" || place === "admin" || place === "reconcile") return { name: place };
  if (place === "conflict" && id !== "") return { name: "conflict", op: id };
  if (place !== "dossier" || id === "") return { name: "home" };
  if (act === "capture" && /^\d+$/.test(rest)) return { name: "capture", id, component: Number(rest) };
  if (act === "sign" && /^[\d,]*$/.test(rest)) {
    return { name: "sign", id, components: rest === "" ? [] : rest.split(",").map(Number) };
  }
  return { name: "dossier", id, tab: TABS.includes(act) ? (act as DossierTab) : "papers" };
}

export function format(route: Route): string {
  switch (route.name) {
    case "home":
      return "#/";
    case "dossier":
      return `#/dossier/${route.id}/${route.tab}`;
    case "conflict":
      return `#/conflict/${route.op}`;
    case "capture":
      return `#/dossier/${route.id}/capture/${route.component}`;
    case "sign":
      return `#/dossier/${route.id}/sign/${route.components.join(",")}`;
    default:
      return `#/${route.name}`;
  }
}

/** One level back, for Esc. */
export function parent(route: Route): Route {
  if (route.name === "capture") return { name: "dossier", id: route.id, tab: route.component === 0 ? "result" : "papers" };
  if (route.name === "sign") return { name: "dossier", id: route.id, tab: route.components[0] === 0 ? "result" : "papers" };
  if (route.name === "reconcile" || route.name === "conflict") return { name: "outbox" };
  return { name: "home" };
}
