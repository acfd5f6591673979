/** Random numbers of our own, so that the same seed makes the same files on every machine. */

/**
 * Mulberry32 (Tommy Ettinger): `uniform()` in [0, 1), `normal()` with mean 0 and deviation 1, `integer(n)` in 0 … n - 1,
 * `pick(list)` one of a list, `shuffle(list)` a shuffled copy.
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const integer = (n) => Math.floor(uniform() * n);
  const pick = (list) => list[integer(list.length)];
  const shuffle = (list) => {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  };
  return { uniform, normal, integer, pick, shuffle };
}
