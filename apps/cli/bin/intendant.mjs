#!/usr/bin/env node
console.log("building");
