// Projection (Web Mercator, the world is 1 x 1) and unpacking of the data.

const EARTH_M = 40075016.686;
const PACK = 1e5; // packed coordinates are 1e-5 degrees

export function project(lat, lon) {
  const sin = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
}

export function latitude(y) {
  return (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
}

// World units in a metre at this world y.
export function metre(y) {
  return Math.cosh((0.5 - y) * 2 * Math.PI) / EARTH_M;
}

// [lat, lon, dlat, dlon, ...] or, with times, [t, lat, lon, dt, dlat, dlon, ...] to arrays of world coordinates.
export function unpack(packed, timed) {
  const step = timed ? 3 : 2, n = packed.length / step;
  const line = { n, x: new Float64Array(n), y: new Float64Array(n), t: timed ? new Float64Array(n) : null };
  let t = 0, lat = 0, lon = 0;
  for (let i = 0, at = 0; i < n; i++, at += step) {
    if (timed) line.t[i] = (t += packed[at]) * 1000;
    lat += packed[at + step - 2];
    lon += packed[at + step - 1];
    [line.x[i], line.y[i]] = project(lat / PACK, lon / PACK);
  }
  line.box = bounds([line]);
  return line;
}

export function bounds(lines) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const line of lines)
    for (let i = 0; i < line.n; i++) {
      box.x0 = Math.min(box.x0, line.x[i]); box.x1 = Math.max(box.x1, line.x[i]);
      box.y0 = Math.min(box.y0, line.y[i]); box.y1 = Math.max(box.y1, line.y[i]);
    }
  return box;
}

// Where the truck was at a moment: on the part that holds it, else null (no reports then).
export function placeAt(track, t) {
  for (const part of track.parts) {
    if (t < part.t[0] || t > part.t[part.n - 1]) continue;
    let low = 0, high = part.n - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (part.t[middle] <= t) low = middle; else high = middle;
    }
    const span = part.t[high] - part.t[low], share = span ? (t - part.t[low]) / span : 0;
    return [part.x[low] + share * (part.x[high] - part.x[low]), part.y[low] + share * (part.y[high] - part.y[low])];
  }
  return null;
}
