/** What the views see of a conversation with the desk; `client.ts` keeps it true. */

export type Language = 'en' | 'fr';
export type Author = 'person' | 'assistant' | 'agent' | 'desk';
export type Speaker = 'assistant' | 'waiting' | 'agent';

export interface Button {
  id: string;
  title: string;
}

export interface Source {
  title: string;
  url: string;
  slug: string;
}

/** A picture the desk keeps; `ChatClient.picture(id)` fetches its bytes. */
export interface Picture {
  id: string;
  name: string;
  width: number;
  height: number;
  bytes: number;
}

/** One line on file, as the desk tells it; they come in the order of `seq`, without gaps or repeats. */
export interface Line {
  seq: number;
  author: Author;
  text: string;
  /** ISO 8601. */
  at: string;
  buttons: readonly Button[];
  sources: readonly Source[];
  ticket: string | null;
  agent: string | null;
  notice: 'machine' | 'privacy' | null;
  says: string | null;
  file: Picture | null;
}

/** A line the desk has not shown yet; it stands below the lines on file, in this order. */
export interface Pending {
  clientId: string;
  /** What to show; the title for a pressed button. */
  text: string;
  button: string | null;
  file: Picture | null;
  state: 'sending' | 'failed';
  /** Why it failed: an error code such as `button_refused`, `message_too_long`. */
  why: string | null;
  at: string;
}

export interface Person {
  name: string | null;
  email: string | null;
  verified: boolean;
}

/**
 * - `idle`: nothing was opened, nothing is kept, nothing is asked.
 * - `connecting`: on the way, the first time or right after a cut.
 * - `offline`: an attempt failed; further ones follow by themselves.
 * - `refused`: the desk or the host page said no (`refusal`); only `open()`, `identityChanged()` or `restart()` tries again.
 */
export type Phase = 'idle' | 'connecting' | 'online' | 'offline' | 'refused';

/** A snapshot, never changed in place: `lines` is the same array for as long as no line came. */
export interface ChatState {
  phase: Phase;
  /** The error code behind `refused`; while `offline`, why the desk puts us off (`too_many_sockets`), or null. */
  refusal: string | null;
  lines: readonly Line[];
  /** Lines are on file that are not here yet: what comes next is history. */
  isBehind: boolean;
  pending: readonly Pending[];
  speaker: Speaker;
  agent: string | null;
  language: Language | null;
  thinking: boolean;
  /** Somebody writes; `until` is in milliseconds of `Date.now()`, and the state changes when it is over. */
  typing: { author: string; until: number } | null;
  /** Place in the queue while the speaker is `waiting`, 1 is next; null when not known. */
  position: number | null;
  conversation: string | null;
  person: Person | null;
  /** How long a line may be. */
  characters: number;
  /** Lines of others after `seen`. */
  unread: number;
  /** The last `seq` that was marked seen. */
  seen: number;
  /** What stood in the input box; read it when the box is built or the conversation changes. */
  draft: string;
  /** How long the desk asked to wait before the next line goes; 0 for not at all. */
  waitMs: number;
}

export interface Ticket {
  number: string;
  type: string;
  summary: string;
  status: string;
  holdReason: string | null;
  priority: string;
  group: string | null;
  openedAt: string;
  changedAt: string;
  mayReply: boolean;
  mayReopen: boolean;
}

/** A file that came with a reply of the team; `Chat.file(path)` fetches its bytes. */
export interface TicketFile {
  name: string;
  bytes: number;
  path: string;
}

export interface TicketEntry {
  number: number;
  kind: string;
  at: string;
  author: 'me' | 'team' | 'assistant' | 'desk';
  text: string | null;
  status: string | null;
  file: TicketFile | null;
}

export interface TicketDetails extends Ticket {
  description: string;
  details: string | null;
  entries: readonly TicketEntry[];
}

export interface TicketChange {
  ticket: TicketDetails;
  /** The number of the entry that says it, if the desk names one. */
  entry: number | null;
  /** The same `clientId` was there before: nothing changed. */
  duplicate: boolean;
}

/** Gives a fresh JWT of the host page, null when nobody is signed in, or fails. */
export type IdentitySource = () => Promise<string | null>;

export interface ClientOptions {
  /** The desk's own address, without a slash at the end; in the frame `location.origin`. */
  url: string;
  site: string;
  /** Of a first conversation; whatever is chosen later counts more. */
  language: Language | null;
  identity: IdentitySource | null;
  /** Without an identity there is no session at all. */
  identityRequired: boolean;
}

/** Reject with `ChatError` (errors.ts): every method that gives a promise. */
export interface Chat {
  readonly state: ChatState;
  /** Called soon after every change, once for changes that come together. Gives what ends it. */
  subscribe(listener: (state: ChatState) => void): () => void;
  /** The person opened the chat: from here on things are kept on the device, and a session is opened. */
  open(): void;
  /** Goes on if a session is kept on this device; otherwise false, and nothing is stored or asked. */
  resume(): boolean;
  send(text: string, file?: Picture): void;
  press(button: Button): void;
  /** Call it at every key; the desk is told every 3 s at most. */
  typing(): void;
  setLanguage(language: Language): void;
  /** The page speaks this language: so does a first conversation, unless a language is chosen. */
  suggestLanguage(language: Language): void;
  /** A new conversation. */
  restart(): void;
  retry(clientId: string): void;
  discard(clientId: string): void;
  keepDraft(text: string): void;
  /** Everything shown was seen. */
  markSeen(): void;
  /** Forget me on this device; the session is revoked. */
  leave(): Promise<void>;
  /** Somebody signed in or out on the host page: what is shown is hidden until it is known who is there. */
  identityChanged(): void;
  tickets(): Promise<readonly Ticket[]>;
  ticket(number: string): Promise<TicketDetails>;
  replyTicket(number: string, clientId: string, text: string): Promise<TicketChange>;
  reopenTicket(number: string, clientId: string, text: string): Promise<TicketChange>;
  /** Progress goes from 0 to 1. */
  upload(file: Blob, name: string, onProgress?: (share: number) => void): Promise<Picture>;
  picture(id: string): Promise<Blob>;
  file(path: string): Promise<Blob>;
  /** Lets go of the connection; the conversation stays. */
  close(): void;
}
