// What is wrong with the markup that texts became: elements, attributes and addresses beyond the few that may be.
() => {
  const words = (text) => new Set(text.split(' '));
  const elements = words('div p a ul ol li strong em code pre blockquote br span button small svg path time');
  const attributes = words(
    'class href target rel title start tabindex type lang hidden viewBox focusable d datetime',
  );
  const parts =
    '.bubble, .sources, .choices, .byline, .ticket-row, .entry, .page > .verbatim, .page h2, h1, .often ul';
  const strange = 'iframe, object, embed, base, style, meta[http-equiv], form[action], video, template';
  const found = [];
  const tell = (what, text) => found.push(`${what} ${text.slice(0, 120)}`);
  for (const part of document.querySelectorAll(parts))
    for (const element of part.querySelectorAll('*')) {
      // Our own picture in its button.
      if (element.closest('.picture')) continue;
      if (!elements.has(element.localName)) tell('element', element.outerHTML);
      for (const { name, value } of element.attributes)
        if (!attributes.has(name) && !name.startsWith('aria-')) tell('attribute', `${name}=${value}`);
      const isKnown = ['https:', 'mailto:'].includes(element.protocol) || element.origin === location.origin;
      if (element.localName === 'a' && !isKnown) tell('address', element.href);
    }
  for (const element of document.querySelectorAll(strange)) tell('strange', element.outerHTML);
  for (const script of document.scripts)
    if (script.id !== 'guichet-config' && !script.src.startsWith(location.origin)) tell('script', script.outerHTML);
  for (const hit of globalThis.hits) tell('it ran', JSON.stringify(hit));
  return found;
}
