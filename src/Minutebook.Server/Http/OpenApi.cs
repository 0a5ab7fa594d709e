using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;
using NodaTime;

namespace Minutebook.Server;

/// <summary>A member of a body to which null is something to say; any other is left out instead.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SentAsNullAttribute : Attribute;

/// <summary>The OpenAPI document, written from what each endpoint says of itself (<see cref="Doc"/>).</summary>
internal static class OpenApi
{
    private const string Problems = "application/problem+json";
    private const string Key = "key";

    public static IServiceCollection AddMinutebookOpenApi(this IServiceCollection services) => services
        .ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            foreach (var converter in JsonText.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        })
        .AddOpenApi("v1", options => options.AddDocumentTransformer(WriteAsync).AddSchemaTransformer(RefineAsync));

    // The serializer's contract does not tell how NodaTime's types are written, and schemas made of it forget which objects may be null and
    // which members are left out.
    private static Task RefineAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        Type type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(Instant) || type == typeof(LocalDate))
        {
            JsonSchemaType nullable = type == context.JsonTypeInfo.Type ? 0 : JsonSchemaType.Null;
            schema.Type = JsonSchemaType.String | nullable;
            schema.Format = type == typeof(Instant) ? "date-time" : "date";
        }

        if (context.JsonPropertyInfo is { } member)
        {
            bool isNullable = IsNullable(member);
            schema.Type = isNullable ? schema.Type | JsonSchemaType.Null : schema.Type & ~JsonSchemaType.Null;
            schema.Enum = isNullable ? schema.Enum : schema.Enum?.Where(word => word?.IsJsonNullSentinel() == false).ToList();
        }

        schema.Required?.ExceptWith(context.JsonTypeInfo.Properties.Where(IsLeftOut).Select(member => member.Name));
        return Task.CompletedTask;
    }

    // What may be left out of a body is null here, and not on the wire unless it says so.
    private static bool IsNullable(JsonPropertyInfo member) => member.IsGetNullable && !IsLeftOut(member)
        && (!member.DeclaringType.Name.EndsWith("Body", StringComparison.Ordinal) || Has<SentAsNullAttribute>(member));

    private static bool IsLeftOut(JsonPropertyInfo member) => Has<JsonIgnoreAttribute>(member);

    private static bool Has<T>(JsonPropertyInfo member) => member.AttributeProvider?.IsDefined(typeof(T), inherit: false) == true;

    private static async Task WriteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Minutebook",
            Version = "v1",
            Description = "Metering, pricing and billing of real-time classrooms.",
        };
        document.Servers = [];
        document.Paths = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };

        var schemas = new Schemas(document, context, cancellation);
        var endpoints = context.ApplicationServices.GetRequiredService<EndpointDataSource>().Endpoints;
        foreach (RouteEndpoint endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<Doc>() is not { } doc)
            {
                continue;
            }

            string path = PathOf(endpoint.RoutePattern);
            if (!document.Paths.TryGetValue(path, out IOpenApiPathItem? item))
            {
                document.Paths[path] = item = new OpenApiPathItem { Operations = [] };
            }

            string method = endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0];
            item.Operations![HttpMethod.Parse(method)] = await OperationAsync(document, doc, endpoint.RoutePattern, schemas);
        }
    }

    internal static string PathOf(RoutePattern pattern) =>
        "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(PartOf))));

    private static string PartOf(RoutePatternPart part) => part switch
    {
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    };

    private static async Task<OpenApiOperation> OperationAsync(OpenApiDocument document, Doc doc, RoutePattern pattern, Schemas schemas)
    {
        var operation = new OpenApiOperation
        {
            OperationId = doc.Id,
            Summary = doc.Summary,
            Parameters = [.. pattern.Parameters.Select(InPath), .. doc.Query.Select(InQuery)],
            Responses = [],
            Security = doc.Open ? [] : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] }],
        };
        if (doc.Takes is { } takes)
        {
            IOpenApiSchema body = await schemas.OfAsync(takes);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = doc.As.ToDictionary(type => type, type => new OpenApiMediaType { Schema = IsBatch(doc, type) ? ListOf(body) : body }),
            };
        }

        foreach (int status in doc.Statuses)
        {
            operation.Responses[status.ToString()] = await SuccessAsync(doc, status, schemas);
        }

        IOpenApiSchema problem = await schemas.OfAsync(typeof(ProblemView));
        foreach (var codes in ProblemsOf(doc, pattern).GroupBy(code => code.Status).OrderBy(codes => codes.Key))
        {
            operation.Responses[codes.Key.ToString()] = new OpenApiResponse
            {
                Description = string.Join(", ", codes.Select(code => code.Name)),
                Content = new Dictionary<string, OpenApiMediaType> { [Problems] = new OpenApiMediaType { Schema = problem } },
            };
        }

        return operation;
    }

    // Of the media types of events, these hold several.
    private static bool IsBatch(Doc doc, string type) => doc.As.Count > 1 && type is ("application/json" or "application/cloudevents-batch+json");

    private static OpenApiSchema ListOf(IOpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    private static async Task<IOpenApiResponse> SuccessAsync(Doc doc, int status, Schemas schemas)
    {
        var response = new OpenApiResponse { Description = status switch { 201 => "Created", 202 => "Accepted", 204 => "Done", _ => "OK" } };
        if (doc.Gives is { } gives)
        {
            response.Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = await schemas.OfAsync(gives) },
            };
            foreach (string type in doc.AlsoAs)
            {
                response.Content[type] = new OpenApiMediaType();
            }
        }

        return response;
    }

    private static IEnumerable<Code> ProblemsOf(Doc doc, RoutePattern pattern)
    {
        IEnumerable<Code> codes = [Code.InvalidRequest, .. doc.Problems, Code.Unavailable, Code.Internal];
        codes = doc.Open ? codes : codes.Append(Code.Unauthenticated).Append(Code.Forbidden).Append(Code.RateLimited);
        codes = pattern.Parameters.Count > 0 ? codes.Append(Code.NotFound) : codes;
        return doc.Takes is null ? codes : codes.Append(Code.PayloadTooLarge).Append(Code.UnsupportedMediaType);
    }

    private static IOpenApiParameter InPath(RoutePatternParameterPart part) => new OpenApiParameter
    {
        Name = part.Name,
        In = ParameterLocation.Path,
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static IOpenApiParameter InQuery((string Name, string Meaning) parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Meaning,
        Schema = parameter.Name == "limit"
            ? new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "1000", Default = JsonValue.Create(100) }
            : new OpenApiSchema { Type = JsonSchemaType.String },
    };

    /// <summary>The schemas of shapes, each written once.</summary>
    private sealed class Schemas(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        public async Task<IOpenApiSchema> OfAsync(Type shape)
        {
            string name = NameOf(shape);
            if (document.Components!.Schemas?.ContainsKey(name) != true)
            {
                document.AddComponent(name, await context.GetOrCreateSchemaAsync(shape, null, cancellation));
            }

            return new OpenApiSchemaReference(name, document);
        }

        private static string NameOf(Type shape) => shape.IsGenericType
            ? NameOf(shape.GetGenericArguments()[0]) + "List"
            : shape.Name.EndsWith("View", StringComparison.Ordinal) ? shape.Name[..^4] : shape.Name;
    }
}
