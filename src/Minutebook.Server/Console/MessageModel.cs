namespace Minutebook.Server;

/// <summary>Why there is no page.</summary>
/// <param name="Kind">The texts' key.</param>
public sealed record MessageModel(string Kind);
