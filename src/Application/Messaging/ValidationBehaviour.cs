using Claudy.Domain.Shared;
using FluentValidation;
using MediatR;

namespace Claudy.Application.Messaging;

/// <summary>Runs a request's validators; the first failure is the answer.</summary>
internal sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IRequest<TResponse>
    where TResponse : IResult<TResponse>
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            var outcome = await validator.ValidateAsync(request, cancellationToken);
            if (outcome.Errors is [var failure, ..])
            {
                return TResponse.Failure(failure.CustomState as Error ?? RequestErrors.InvalidField(ToSnakeCase(failure.PropertyName), failure.ErrorMessage));
            }
        }

        return await next();
    }

    // Validators name the property of the record; the person at the other end knows the field of the frame.
    private static string ToSnakeCase(string propertyName) =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(propertyName);
}
