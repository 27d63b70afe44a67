// Path data on a grid of 24 units, drawn with a stroke.

export const ICONS = {
  chat: 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM8 9.5h8M8 12.5h5',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  send: 'M4 12l16-8-6 16-3-6.5L4 12Z',
  more: 'M11.4 5.5h1.2M11.4 12h1.2M11.4 18.5h1.2',
  ticket: 'M4 7h16v3.2a1.8 1.8 0 0 0 0 3.6V17H4v-3.2a1.8 1.8 0 0 0 0-3.6ZM14 8.5v.01M14 12v.01M14 15.5v.01',
  back: 'M15 5l-7 7 7 7',
  widen: 'M14 4h6v6M10 20H4v-6M20 4l-7 7M4 20l7-7',
  narrow: 'M20 10h-6V4M4 14h6v6M14 10l6-6M10 14l-6 6',
  clip: 'M8 12.5l6.2-6.2a3 3 0 0 1 4.2 4.2l-8 8a4.8 4.8 0 0 1-6.8-6.8l7.6-7.6',
  article: 'M6 3h8l5 5v13H6ZM14 3v5h5M9 13h6M9 16.5h6',
  again: 'M4.5 12a7.5 7.5 0 1 0 2.4-5.5M4.5 4v4.2h4.2',
  globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  sound: 'M4 9.5v5h3.5L12 19V5L7.5 9.5ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
  save: 'M12 4v11M7.5 11L12 15.5 16.5 11M5 19.5h14',
  lock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  leave: 'M14 4H5v16h9M10 12h10M16.5 8.5L20 12l-3.5 3.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  info: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 11v5.5M12 7.5v.01',
  alert: 'M12 4l9 16H3ZM12 10v4.5M12 17.4v.01',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0',
  spark: 'M12 3l1.9 5.6L19.5 10.5l-5.6 1.9L12 18l-1.9-5.6L4.5 10.5l5.6-1.9ZM18.5 16v4M16.5 18h4',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
} as const;

export type IconName = keyof typeof ICONS;
