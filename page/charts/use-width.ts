import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** An element's width in pixels, so that a drawing's letters keep their size on any screen. */
export function useWidth(element: RefObject<HTMLElement | null>, first: number): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const target = element.current;
    if (target === null) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width > 0) {
        setWidth(Math.round(entry.contentRect.width));
      }
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
