// Small wishes of the person: kept on the device once the widget was opened, and only if the browser allows it.

import { keeper } from '../chat/client/device.ts';

export class Memory {
  readonly #open: string;
  readonly #sound: string;

  constructor(site: string) {
    this.#open = `guichet:${site}:open`;
    this.#sound = `guichet:${site}:sound`;
  }

  /** Whether it was open on the page before, in this tab. */
  get wasOpen(): boolean {
    return read(() => keeper('sessionStorage').getItem(this.#open)) === '1';
  }

  setOpen(isOpen: boolean): void {
    read(() =>
      isOpen
        ? keeper('sessionStorage').setItem(this.#open, '1')
        : keeper('sessionStorage').removeItem(this.#open),
    );
  }

  get hasSound(): boolean {
    return read(() => keeper('localStorage').getItem(this.#sound)) === '1';
  }

  setSound(isOn: boolean): void {
    read(() =>
      isOn
        ? keeper('localStorage').setItem(this.#sound, '1')
        : keeper('localStorage').removeItem(this.#sound),
    );
  }
}

/** Storage throws where it is forbidden; a wish is then simply not remembered. */
function read<Value>(act: () => Value): Value | null {
  try {
    return act();
  } catch {
    return null;
  }
}
