/** As much of a browser's document as the ops page's script touches: it runs in tests without a browser. */
export class FakeElement {
  readonly attributes = new Map<string, string>();
  readonly children: (FakeElement | string)[] = [];
  readonly style: Record<string, string> = {};
  readonly listeners = new Map<string, (event: unknown) => void>();
  className = "";
  value = "";
  readonly classList = {
    add: (name: string) => this.attributes.set("class", `${this.attributes.get("class")} ${name}`),
  };

  constructor(readonly tag: string) {}

  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }

  append(...children: (FakeElement | string)[]): void {
    for (const child of children) {
      if (child === undefined || child === null) throw new Error(`<${this.tag}> got a child that is nothing`);
      this.children.push(child);
    }
  }

  replaceChildren(...children: (FakeElement | string)[]): void {
    this.children.length = 0;
    this.append(...children);
  }

  matches(): boolean {
    return false;
  }

  addEventListener(name: string, listener: (event: unknown) => void): void {
    this.listeners.set(name, listener);
  }

  set textContent(text: string) {
    this.children.splice(0, this.children.length, text);
  }

  /** All text inside, in order. */
  get textContent(): string {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }

  /** This element and all below it. */
  *all(): Generator<FakeElement> {
    yield this;
    for (const child of this.children) if (typeof child !== "string") yield* child.all();
  }
}

/** A document with the elements that have these ids. */
export function fakeDocument(ids: readonly string[]) {
  const places = new Map(ids.map((id) => [id, new FakeElement(id)]));
  return {
    title: "",
    hidden: false,
    getElementById: (id: string) => places.get(id) ?? null,
    createElement: (tag: string) => new FakeElement(tag),
    createElementNS: (_: string, tag: string) => new FakeElement(tag),
    place(id: string): FakeElement {
      const found = places.get(id);
      if (!found) throw new Error(`the page has no ${id}`);
      return found;
    },
  };
}
