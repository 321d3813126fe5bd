import type { Page, PageQuery } from '../../../src/ports/order-queries.ts'

/** All items of a search, page by page. */
export async function walkPages<Item>(
  search: (query: PageQuery) => Promise<Page<Item>>,
  limit: number,
): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<Item> = await search({ limit, ...(cursor !== undefined && { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}
