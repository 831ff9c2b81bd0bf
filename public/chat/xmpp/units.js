// Numbers for people.

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

/** A size such as "1.4 MB". */
export function inBytes(count) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return new Intl.NumberFormat(undefined, {
    style: 'unit', unit: UNITS[step], unitDisplay: step ? 'short' : 'long',
    maximumFractionDigits: 1,
  }).format(count / 1000 ** step);
}
