import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const apiUrl = process.env['ORDERMILL_URL'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Nothing inlined as data: URLs, no inline script: the page is served under a strict CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `vite dev` shows the page of a running system; the API checks Host and Origin, so both are rewritten.
    proxy: { '/api': { target: apiUrl, changeOrigin: true, headers: { origin: apiUrl } } },
  },
})
