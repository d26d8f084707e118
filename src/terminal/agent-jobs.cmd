@echo off
rem As the file agent-jobs beside this one, for Windows.
setlocal
if not defined AGENT_JOBS_NODE set "AGENT_JOBS_NODE=node"
if defined AGENT_JOBS_NODE_IS_EDITOR set "ELECTRON_RUN_AS_NODE=1"
"%AGENT_JOBS_NODE%" "%~dp0..\cli.js" %*
