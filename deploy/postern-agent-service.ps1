# THIS SCRIPT WAS NOT RUN: no Windows was at hand. Read it before you use it, and try it on a machine that may break.
#
# Installs the Postern agent as a Windows service that starts with the machine and again after a failure. Node is no
# service by itself: -Wrapper names WinSW (a service wrapper, MIT licence), which you have fetched and checked yourself.
#
#   .\postern-agent-service.ps1 -Wrapper C:\Install\WinSW-x64.exe -Account 'CORP\postern-agent$'
#
# -Account is a group managed service account (its name ends in $) or an ordinary account without rights. It runs the
# agent; the account that binds to the directory is another one, whose password lies in bind_password_file: a gMSA cannot
# bind by a password (decisions 5.3).
#Requires -RunAsAdministrator
param(
  [Parameter(Mandatory)] [string] $Wrapper,
  [Parameter(Mandatory)] [string] $Account,
  [string] $Program = 'C:\Program Files\Postern\dist\agent.js',
  [string] $Node = 'C:\Program Files\Postern\node\node.exe',
  [string] $Folder = 'C:\ProgramData\Postern Agent'
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

foreach ($file in $Wrapper, $Program, $Node) {
  if (-not (Test-Path -LiteralPath $file -PathType Leaf)) { throw "$file is not there." }
}
New-Item -ItemType Directory -Force -Path $Folder, (Join-Path $Folder 'state') | Out-Null

# Files for administrators and the account alone: nothing is inherited. SIDs, since names are translated.
$acl = New-Object System.Security.AccessControl.DirectorySecurity
$acl.SetAccessRuleProtection($true, $false)
$inherit = 'ContainerInherit, ObjectInherit'
$administrators = New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-32-544'
$system = New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-18'
foreach ($who in $administrators, $system) {
  $acl.AddAccessRule((New-Object System.Security.AccessControl.FileSystemAccessRule $who, 'FullControl', $inherit, 'None', 'Allow'))
}
$acl.AddAccessRule((New-Object System.Security.AccessControl.FileSystemAccessRule $Account, 'ReadAndExecute', $inherit, 'None', 'Allow'))
Set-Acl -LiteralPath $Folder -AclObject $acl
$state = Get-Acl -LiteralPath (Join-Path $Folder 'state')
$state.AddAccessRule((New-Object System.Security.AccessControl.FileSystemAccessRule $Account, 'Modify', $inherit, 'None', 'Allow'))
Set-Acl -LiteralPath (Join-Path $Folder 'state') -AclObject $state

$config = Join-Path $Folder 'agent.yaml'
if (-not (Test-Path -LiteralPath $config)) { throw "Write $config first (deploy/agent.yaml is an example)." }

$service = Join-Path $Folder 'postern-agent.exe'
Copy-Item -LiteralPath $Wrapper -Destination $service -Force
$escape = { param($text) [System.Security.SecurityElement]::Escape($text) }
@"
<service>
  <id>postern-agent</id>
  <name>Postern agent</name>
  <description>Sets passwords in the directory beside it; listens on nothing.</description>
  <executable>$(& $escape $Node)</executable>
  <arguments>--max-semi-space-size=1 "$(& $escape $Program)" --config "$(& $escape $config)"</arguments>
  <startmode>Automatic</startmode>
  <delayedAutoStart>true</delayedAutoStart>
  <onfailure action="restart" delay="2 sec"/>
  <stoptimeout>45 sec</stoptimeout>
  <logpath>$(& $escape (Join-Path $Folder 'state'))</logpath>
  <log mode="roll-by-size"><sizeThreshold>10240</sizeThreshold><keepFiles>8</keepFiles></log>
</service>
"@ | Set-Content -LiteralPath (Join-Path $Folder 'postern-agent.xml') -Encoding UTF8

& $service install
if ($LASTEXITCODE -ne 0) { throw "The service was not installed ($LASTEXITCODE)." }
# For a gMSA without a password; for an ordinary account Windows asks for it in the properties of the service.
& sc.exe config postern-agent obj= $Account
if ($LASTEXITCODE -ne 0) { throw "The account of the service was not set ($LASTEXITCODE)." }
& sc.exe failure postern-agent reset= 86400 actions= restart/2000/restart/10000/restart/60000
Write-Output 'Installed. Enrol it once, as that account (docs/agent.md), then: Start-Service postern-agent'
