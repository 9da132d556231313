// What Python sends and the page asks, for the type checker alone. Python's side is in view.py and dispatch.py.

export type Tone = "good" | "moving" | "bad" | "faint";
export type Progress =
  | { kind: "deleting"; began: number }
  | { kind: "up" | "down"; from: number | null; to: number | null; done: number; total: number; began: number };
export interface Row {
  name: string; status: string; mark: string; tone: Tone; workers: number | null; owner: string; type: string;
  version: string; since: number | null; created: number | null; progress?: Progress;
}
export interface Card {
  name: string; status: string; mark: string; tone: Tone; detail_error: string; progress: Progress | null;
  facts: [string, string | { since: number; time: string }][]; links: [string, string][];
}
export interface Scale {
  count: number | null; min: number; max: number; target: number | null; entry: string; wrong: boolean;
  change: string; reason: string; open: boolean; armed: boolean;
}
export interface Question { number: number; title: string; lines: string[]; typed: string | null; problem: string }
export interface Entry {
  number: number; tone: Tone; mark: string; text: string; time?: string; began?: number; ended?: number | null;
}
export interface Vm { role: string; name: string; status: string; flavor: string; ip: string }
export interface View {
  texts: Record<string, string>; where: string[]; error: string | null; reading: boolean; fleet: string;
  recording: string; rows: Record<string, Row>; pick: string | null; filter: string; terminated: boolean;
  tab: "nodes" | "activity"; card: Card; scale: Scale; delete: string; question: Question | null;
  outcome: Entry | null; nodes: Record<string, Vm>; nodes_note: string; activity: Entry[]; activity_note: string;
  unread: number;
}
/** A beat, with what has changed if anything has: in `rows` and `nodes`, null for what is gone. */
export interface Message {
  v: number; at: number; age: number; every: number; r: number; whole?: boolean; set?: Record<string, any>;
}
export interface Signal { connect(slot: Function): void; disconnect(slot: Function): void }
export interface Kernel {
  statusChanged: Signal; connectionStatusChanged: Signal; iopubMessage: Signal; disposed: Signal;
}
/** The part of an anywidget model that is used. */
export interface Model {
  get(name: string): any;
  send(content: object): void;
  on(name: string, callback: Function): void;
  off(name: string, callback: Function): void;
  widget_manager?: {
    kernel?: Kernel | null;
    has_model?(id: string): boolean;
    get_model?(id: string): Promise<{ close(isClosed: boolean): unknown }>;
  };
}
export type Said = (key: string, values?: Record<string, unknown>) => string;
