// Files that are dropped on an element.

/** `label` is shown while something hovers over it. */
export function listenToDrops(
  element: HTMLElement,
  label: () => string,
  take: (file: File | undefined) => void,
): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  element.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    element.dataset['drop'] = label();
  });
  element.addEventListener('dragleave', (event) => {
    if (!(event.relatedTarget instanceof Node && element.contains(event.relatedTarget)))
      delete element.dataset['drop'];
  });
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    delete element.dataset['drop'];
    take(event.dataTransfer?.files[0]);
  });
}
