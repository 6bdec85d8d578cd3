/**
 * The circles of a graph: its strongly connected components of two nodes or more, and nodes that point to themselves.
 * Tarjan's algorithm (SIAM Journal on Computing 1, 1972); each circle sorted, and so are the circles.
 */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const circles: string[][] = [];

  const visit = (node: string): void => {
    order.set(node, order.size);
    lowest.set(node, order.get(node)!);
    stack.push(node);
    onStack.add(node);
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) {
        visit(next);
        lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
      } else if (onStack.has(next)) {
        lowest.set(node, Math.min(lowest.get(node)!, order.get(next)!));
      }
    }
    if (lowest.get(node) !== order.get(node)) {
      return;
    }
    const component = stack.splice(stack.indexOf(node));
    for (const one of component) {
      onStack.delete(one);
    }
    if (component.length > 1 || edges.get(node)?.includes(node) === true) {
      circles.push(component.sort());
    }
  };

  for (const node of edges.keys()) {
    if (!order.has(node)) {
      visit(node);
    }
  }
  return circles.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}
