-- title: What the errors say, and who says it
SELECT logger, template, count(*) AS errors, count(stack) AS with_stack, max(time) AS last
FROM app
WHERE level IN ('ERROR', 'FATAL')
GROUP BY ALL ORDER BY errors DESC LIMIT 100
