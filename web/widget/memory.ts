// Small wishes of the person: kept on the device once the widget was opened, and only if the browser allows it.

export class Memory {
  readonly #open: string;
  readonly #sound: string;

  constructor(site: string) {
    this.#open = `guichet:${site}:open`;
    this.#sound = `guichet:${site}:sound`;
  }

  /** Whether it was open on the page before, in this tab. */
  get wasOpen(): boolean {
    return read(() => sessionStorage.getItem(this.#open)) === '1';
  }

  setOpen(isOpen: boolean): void {
    read(() => (isOpen ? sessionStorage.setItem(this.#open, '1') : sessionStorage.removeItem(this.#open)));
  }

  forget(): void {
    this.setOpen(false);
    this.setSound(false);
  }

  get hasSound(): boolean {
    return read(() => localStorage.getItem(this.#sound)) === '1';
  }

  setSound(isOn: boolean): void {
    read(() => (isOn ? localStorage.setItem(this.#sound, '1') : localStorage.removeItem(this.#sound)));
  }
}

/**
 * The device's storage for the frames of one origin, or for a window of our own: pages below one domain share it,
 * and one on which nobody is signed in must not end what somebody keeps on another.
 */
export function apart(host: string | null): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const named = (key: string): string => (host ? `${key}@${host}` : `${key}:window`);
  return {
    getItem: (key) => localStorage.getItem(named(key)),
    setItem: (key, value) => localStorage.setItem(named(key), value),
    removeItem: (key) => localStorage.removeItem(named(key)),
  };
}

/** Storage throws where it is forbidden; a wish is then simply not remembered. */
function read<Value>(act: () => Value): Value | null {
  try {
    return act();
  } catch {
    return null;
  }
}
