#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything else is loaded: it halves the time that a command takes to start.
enableCompileCache()
const { runCommand } = await import('./cli/program.ts')

process.exitCode = await runCommand(process.argv.slice(2), process.env)
