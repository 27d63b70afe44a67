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

/** The storage of the desk's own windows: a frame on a page of the same site would share it. */
export function apart(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const named = (key: string): string => `${key}:window`;
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
