import fc from "fast-check";

/**
 * Text of any characters, most of them plain. fast-check's own of unit "binary" takes half a second to be made, in each
 * process that has it.
 */
export function anyText(maxLength = 10): fc.Arbitrary<string> {
  const plain = fc.integer({ min: 0x20, max: 0x7e });
  const any = fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff);
  return fc.array(fc.oneof(plain, any), { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
