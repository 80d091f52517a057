namespace Microsoft.Build.Framework;

/// <summary>
/// MSBuild recognises it by its name: the task may run inside a multi-threaded build (-mt), since it uses no current
/// directory and no process-wide state. The MSBuild that the tasks compile against is too old to have it.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class MSBuildMultiThreadableTaskAttribute : Attribute;
