/** How many files are looked at at a time. */
const lookingAtOnce = 16;

/** Like `Promise.all` over `map`, with some at a time. */
export async function mapSome<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(lookingAtOnce, items.length) }, worker));
  return results;
}
