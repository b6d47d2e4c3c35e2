// The ground that settings may add under the map: tiles of one server, and GeoJSON layers. Without them nothing is asked for.

import { bounds, project } from "../map/geo.js";
import { trace, visible } from "../map/draw.js";
import { page } from "./say.js";

const TILE_PX = 256, MOST_TILES = 400;

// A function to be drawn under everything else; `redraw` is called when more of it has arrived.
export function ground(redraw) {
  const tiles = new Map(), lines = [];
  for (let number = 0; number < Number(page.layers); number++)
    fetch(`/layers/${number}.geojson`).then((answer) => answer.json()).then((layer) => { lines.push(...read(layer)); redraw(); }, () => {});
  return (g, scene, view, colour) => {
    if (page.tiles) drawTiles(g, view, tiles, redraw);
    g.strokeStyle = colour("line"); g.lineWidth = 1;
    for (const line of lines) if (visible(line.box, view)) { g.beginPath(); trace(g, line, view); g.stroke(); }
  };
}

function drawTiles(g, view, tiles, redraw) {
  const [coarsest, finest] = page.zooms.split(" ").map(Number), wanted = Math.round(Math.log2(view.k / TILE_PX));
  const z = Math.max(coarsest, Math.min(finest, wanted)), n = 2 ** z, size = view.k / n;
  const first = ([from]) => Math.max(0, Math.floor(from)), across = [[-view.dx / size, (view.width - view.dx) / size], [-view.dy / size, (view.height - view.dy) / size]];
  if (wanted < coarsest - 2) return; // too many of them, and too small
  if (tiles.size > MOST_TILES) tiles.clear();
  for (let x = first(across[0]); x < Math.min(n, across[0][1]); x++)
    for (let y = first(across[1]); y < Math.min(n, across[1][1]); y++) {
      const address = page.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
      let tile = tiles.get(address);
      if (!tile) {
        tiles.set(address, (tile = new Image()));
        tile.onload = redraw;
        tile.src = address;
      }
      if (tile.complete && tile.naturalWidth) g.drawImage(tile, view.dx + x * size, view.dy + y * size, size + 0.5, size + 0.5);
    }
}

// Lines, and the rings of polygons, of a GeoJSON document.
function read(layer) {
  const found = [];
  const walk = (geometry) => {
    if (!geometry) return;
    const { type, coordinates, geometries } = geometry;
    if (geometries) geometries.forEach(walk);
    else if (type === "LineString") found.push(line(coordinates));
    else if (type === "MultiLineString" || type === "Polygon") found.push(...coordinates.map(line));
    else if (type === "MultiPolygon") found.push(...coordinates.flat().map(line));
  };
  (layer.features || [layer]).forEach((feature) => walk(feature.geometry || feature));
  return found;
}

function line(coordinates) {
  const places = coordinates.map(([lon, lat]) => project(lat, lon));
  const made = { n: places.length, x: places.map(([x]) => x), y: places.map(([, y]) => y) };
  made.box = bounds([made]);
  return made;
}
