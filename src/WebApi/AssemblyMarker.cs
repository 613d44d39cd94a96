namespace Claudy.WebApi;

/// <summary>Finds this assembly by a type.</summary>
public static class AssemblyMarker;
